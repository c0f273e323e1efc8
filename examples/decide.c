/* decide FILE DECISION JSON [WANTED]: a decision, why it came about, and what would make it WANTED (JSON).
 *   cc decide.c $(pkg-config --cflags --libs gaoxing) && ./a.out loan.dmn result '{"age": 17}' '"granted"' */
#include <gaoxing/gaoxing.h>
#include <stdio.h>
#include <stdlib.h>

static gaoxing_text read_file(const char *path)
{
    static char bytes[8 * 1024 * 1024];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    return (gaoxing_text){bytes, size};
}

static int fail(const gaoxing_error *error)
{
    fprintf(stderr, "%s:%d:%d: %s\n", error->path, (int)error->line, (int)error->column, error->en);
    return 1;
}

int main(int count, char **arguments)
{
    if (count < 4)
        return fputs("decide FILE DECISION JSON [WANTED]\n", stderr), 2;
    gaoxing_error error = GAOXING_ERROR_INIT;
    gaoxing_dmn_options options = GAOXING_DMN_OPTIONS_INIT;
    gaoxing_arena *arena = gaoxing_arena_create(0, NULL); /* one is enough for one question */
    gaoxing_text decision = gaoxing_text_of(arguments[2]), text;
    gaoxing_value inputs, answer, wanted, changes;
    int status = 0;

    options.path = gaoxing_text_of(arguments[1]);
    gaoxing_dmn *dmn = gaoxing_dmn_read(arena, read_file(arguments[1]), &options, &error);
    for (size_t i = 0; dmn && gaoxing_dmn_finding(dmn, i, &error); i++)
        status = fail(&error);
    bool is_decided =
        dmn && gaoxing_dmn_inputs(arena, dmn, decision, gaoxing_text_of(arguments[3]), &inputs, &error) &&
        gaoxing_dmn_evaluate(arena, dmn, decision, inputs, NULL, &answer, &error) &&
        gaoxing_dmn_explain(arena, dmn, decision, inputs, NULL, GAOXING_EN, &text, NULL, &error);
    if (!is_decided)
        status = fail(&error);
    else
        printf("%s\n%s", gaoxing_to_json(arena, answer).bytes, text.bytes);
    if (is_decided && count > 4) {
        bool is_found = gaoxing_from_json(arena, gaoxing_text_of(arguments[4]), &wanted, &error) &&
                        gaoxing_dmn_change(arena, dmn, decision, inputs, wanted, NULL, GAOXING_EN, &changes,
                                           &text, &error);
        status = is_found ? printf("%s", text.bytes) < 0 : fail(&error);
    }
    gaoxing_arena_destroy(arena);
    return status;
}
