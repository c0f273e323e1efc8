/* Models and their imports, from the files of one folder. */
#include "base/file.h"
#include "base/limits.h"
#include "cli/dmn.h"
#include "feel/natives.h"
#include "xml/xml.h"

#include <string.h>

typedef struct entry entry;
struct entry {
    gx_text name, source, ns;
    bool is_being_read; /* an import that leads back to its importer has no model */
    gx_dmn *model;
    entry *next;
};

struct gx_dmn_folder {
    gx_arena *arena;
    const char *path;
    entry *entries; /* the files that have been looked at */
    bool is_listed; /* all files of the folder have been */
    gx_findings *findings;
    gx_dmn_world world;
};

/* The file with its namespace; NULL with an error. */
static entry *open_entry(gx_dmn_folder *folder, gx_text name, gx_error *error)
{
    for (entry *e = folder->entries; e; e = e->next)
        if (gx_text_equal(e->name, name))
            return e;
    gx_arena *arena = folder->arena;
    gx_text path = gx_format(arena, "%s/%.*s", folder->path, GX_PRINT(name)), source;
    if (!gx_file_read(arena, path.bytes, GX_LIMIT_XML_BYTES, &source, error))
        return NULL;
    const gx_xml *root = gx_xml_parse(arena, source, path, error);
    if (!root)
        return NULL;
    entry *e = GX_NEW(arena, entry);
    *e = (entry){.name = gx_copy(arena, name), .source = source, .next = folder->entries};
    e->ns = gx_xml_attribute_of(root, "namespace");
    folder->entries = e;
    return e;
}

static const gx_dmn *read_entry(gx_dmn_folder *folder, entry *e, gx_error *error)
{
    if (e->model || e->is_being_read)
        return e->model;
    e->is_being_read = true;
    gx_text path = gx_format(folder->arena, "%s/%.*s", folder->path, GX_PRINT(e->name));
    e->model = gx_dmn_read(folder->arena, e->source, path, &folder->world, folder->findings, error);
    e->is_being_read = false;
    return e->model;
}

static void list_folder(gx_dmn_folder *folder)
{
    gx_text *names;
    size_t count;
    gx_error error = {0};
    folder->is_listed = true;
    if (!gx_file_list(folder->arena, folder->path, &names, &count, &error))
        return;
    for (size_t i = 0; i < count; i++)
        if (gx_text_ends_with(names[i], GX_TEXT(".dmn")) && gx_text_find(names[i], GX_TEXT("/")) < 0)
            open_entry(folder, names[i], &error);
}

/* The namespace decides. The location tells where to look first; it may be out of date. */
static const gx_dmn *import(void *context, gx_text ns, gx_text location)
{
    gx_dmn_folder *folder = context;
    gx_error error = {0};
    if (gx_text_ends_with(location, GX_TEXT(".dmn")) && gx_text_find(location, GX_TEXT("/")) < 0)
        open_entry(folder, location, &error);
    for (;;) {
        for (entry *e = folder->entries; e; e = e->next)
            if (gx_text_equal(e->ns, ns) && !e->is_being_read)
                return read_entry(folder, e, &error);
        if (folder->is_listed)
            return NULL;
        list_folder(folder);
    }
}

gx_dmn_folder *gx_dmn_folder_open(gx_arena *arena, const char *path)
{
    gx_dmn_folder *folder = GX_NEW(arena, gx_dmn_folder);
    *folder = (gx_dmn_folder){.arena = arena, .path = path};
    folder->world =
        (gx_dmn_world){.import = import, .import_context = folder, .find_external = gx_native_find};
    return folder;
}

const gx_dmn *gx_dmn_folder_read(gx_dmn_folder *folder, gx_text name, gx_findings *findings, gx_error *error)
{
    entry *e = open_entry(folder, name, error);
    folder->findings = findings;
    return e ? read_entry(folder, e, error) : NULL;
}

const gx_dmn *gx_dmn_load_file(gx_arena *arena, const char *path, gx_findings *findings, gx_error *error)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? gx_copy_string(arena, (gx_text){path, (size_t)(slash - path)}) : ".";
    return gx_dmn_folder_read(gx_dmn_folder_open(arena, folder), gx_text_of(slash ? slash + 1 : path),
                              findings, error);
}
