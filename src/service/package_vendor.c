/* What models say to other engines in their extensions and would not happen here. bpmn/read_vendor.c reads
 * what has a meaning; of the rest, what changes what a process does is refused by its name, so that nobody
 * believes it runs, and what only changes how lists look is a warning. Everything else (colours, templates,
 * properties) is silent. */
#include "service/package_internal.h"

typedef enum verdict { REFUSED, IGNORED, REFUSED_BESIDE_OTHERS } verdict;

static const char camunda[] = "http://camunda.org/schema/1.0/bpmn",
                  operaton[] = "http://operaton.org/schema/1.0/bpmn",
                  zeebe[] = "http://camunda.org/schema/zeebe/1.0";

static const struct {
    const char *vendor, *element, *attribute; /* element NULL: an attribute of any element of BPMN */
    const char *within;                       /* the BPMN element that holds it; NULL: any */
    verdict verdict;
} rows[] = {
    {camunda, "executionListener", NULL, NULL, REFUSED},
    {camunda, "taskListener", NULL, NULL, REFUSED},
    {camunda, "connector", NULL, NULL, REFUSED},
    {camunda, "in", "variables", NULL, REFUSED_BESIDE_OTHERS}, /* alone it is what a call does anyway */
    {camunda, "out", "variables", NULL, REFUSED_BESIDE_OTHERS},
    {camunda, NULL, "candidateUsers", NULL, IGNORED},
    {camunda, NULL, "candidateStarterGroups", NULL, IGNORED},
    {camunda, NULL, "candidateStarterUsers", NULL, IGNORED},
    {camunda, NULL, "followUpDate", NULL, IGNORED},
    {camunda, NULL, "taskPriority", NULL, IGNORED},
    {camunda, NULL, "jobPriority", NULL, IGNORED},
    {zeebe, "executionListener", NULL, NULL, REFUSED},
    {zeebe, "taskListener", NULL, NULL, REFUSED},
    {zeebe, "taskDefinition", NULL, "intermediateThrowEvent", REFUSED}, /* the message is sent by the house */
    {zeebe, "taskDefinition", NULL, "endEvent", REFUSED},
};

static bool is_of(gx_text ns, const char *vendor)
{
    return gx_text_equal(ns, gx_text_of(vendor)) ||
           (vendor == camunda && gx_text_equal(ns, gx_text_of(operaton)));
}

/* The element of BPMN that an extension belongs to. */
static const gx_xml *owner_of(const gx_xml *at)
{
    while (at->parent && !gx_text_equal(at->ns, gx_text_of(GX_BPMN_MODEL_NS)))
        at = at->parent;
    while (at->parent && gx_xml_is(at, GX_BPMN_MODEL_NS, "extensionElements"))
        at = at->parent;
    return at;
}

static bool has_sibling(const gx_xml *at)
{
    for (const gx_xml *one = at->parent ? at->parent->first : NULL; one; one = one->next)
        if (one != at && one->kind == GX_XML_ELEMENT && gx_text_equal(one->name, at->name) &&
            gx_text_equal(one->ns, at->ns) && !gx_xml_attribute_of(one, "businessKey").size)
            return true;
    return false;
}

static bool fits(const gx_xml *at, size_t row)
{
    const char *attribute = rows[row].attribute, *within = rows[row].within;
    if (!rows[row].element)
        return gx_xml_attribute_ns(at, rows[row].vendor, attribute).size ||
               (rows[row].vendor == camunda && gx_xml_attribute_ns(at, operaton, attribute).size);
    return is_of(at->ns, rows[row].vendor) && gx_text_equal(at->name, gx_text_of(rows[row].element)) &&
           (!attribute || gx_xml_attribute_of(at, attribute).size) &&
           (!within || gx_xml_is(owner_of(at), GX_BPMN_MODEL_NS, within)) &&
           (rows[row].verdict != REFUSED_BESIDE_OTHERS || has_sibling(at));
}

static void check_element(gx_checking *c, const gx_definition *d, const gx_xml *at)
{
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        if (!fits(at, i))
            continue;
        gx_place place = gx_xml_place(at, d->path);
        gx_spot spot = {d->path, place.line, place.column};
        gx_text name = gx_text_of(rows[i].element ? rows[i].element : rows[i].attribute),
                element = gx_xml_attribute_of(owner_of(at), "id");
        if (rows[i].verdict == IGNORED)
            gx_check_warning(c, spot, "package.vendor.ignored", name, element);
        else
            gx_check_error(c, spot, "package.vendor.refused", name, element);
    }
    for (const gx_xml *child = at->first; child; child = child->next)
        if (child->kind == GX_XML_ELEMENT)
            check_element(c, d, child);
}

void gx_check_vendor(gx_checking *c, const gx_definition *d)
{
    if (d->bpmn)
        check_element(c, d, d->bpmn->xml);
}
