/* Models and their imports, from the files of one folder. */
#include "base/file.h"
#include "base/limits.h"
#include "cli/dmn.h"
#include "feel/natives.h"
#include "xml/xml.h"

typedef struct entry entry;
struct entry {
    gx_text name, ns;
    gx_text source;
    bool is_being_read; /* an import that leads back to its importer has no model */
    gx_dmn *model;
};

struct gx_dmn_folder {
    gx_arena *arena;
    const char *path;
    entry *entries;
    size_t count;
    gx_findings *findings;
    gx_dmn_world world;
};

static const gx_dmn *import(void *context, gx_text ns, gx_text location)
{
    (void)location; /* the namespace decides; the file's name may have changed */
    gx_dmn_folder *folder = context;
    gx_error error;
    for (size_t i = 0; i < folder->count; i++)
        if (gx_text_equal(folder->entries[i].ns, ns) && !folder->entries[i].is_being_read)
            return gx_dmn_folder_read(folder, folder->entries[i].name, folder->findings, &error);
    return NULL;
}

gx_dmn_folder *gx_dmn_folder_open(gx_arena *arena, const char *path)
{
    gx_dmn_folder *folder = GX_NEW(arena, gx_dmn_folder);
    gx_text *names;
    size_t count;
    gx_error error;
    *folder = (gx_dmn_folder){.arena = arena, .path = path};
    folder->world = (gx_dmn_world){.import = import, .import_context = folder, .find_external = gx_native_find};
    if (!gx_file_list(arena, path, &names, &count, &error))
        return folder;
    folder->entries = GX_NEW_ARRAY(arena, entry, count);
    for (size_t i = 0; i < count; i++) {
        if (!gx_text_ends_with(names[i], GX_TEXT(".dmn")))
            continue;
        entry *e = &folder->entries[folder->count++];
        e->name = names[i];
        const char *file = gx_format(arena, "%s/%.*s", path, GX_PRINT(names[i])).bytes;
        gx_xml *root = NULL;
        if (gx_file_read(arena, file, GX_LIMIT_XML_BYTES, &e->source, &error))
            root = gx_xml_parse(arena, e->source, e->name, &error);
        if (root)
            e->ns = gx_xml_attribute_of(root, "namespace");
    }
    return folder;
}

const gx_dmn *gx_dmn_folder_read(gx_dmn_folder *folder, gx_text name, gx_findings *findings, gx_error *error)
{
    for (size_t i = 0; i < folder->count; i++) {
        entry *e = &folder->entries[i];
        if (!gx_text_equal(e->name, name))
            continue;
        if (e->model || e->is_being_read)
            return e->model;
        folder->findings = findings;
        e->is_being_read = true;
        gx_text path = gx_format(folder->arena, "%s/%.*s", folder->path, GX_PRINT(name));
        e->model = gx_dmn_read(folder->arena, e->source, path, &folder->world, findings, error);
        e->is_being_read = false;
        return e->model;
    }
    gx_fail(error, "base.file.open", name);
    return NULL;
}
