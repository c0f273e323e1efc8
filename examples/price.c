/* price EXPRESSION: prices a basket by a FEEL rule, compiled once and run for each article.
 *   cc price.c $(pkg-config --cflags --libs gaoxing) && ./a.out 'if weight > 10 then price * 0.9 else price'
 */
#include <gaoxing/gaoxing.h>
#include <stdio.h>

typedef struct article {
    const char *name;
    int64_t cents, grams;
} article;

static const article basket[] = {{"anvil", 12999, 25000}, {"feather", 250, 3}, {"kettle", 3990, 1200}};

static int fail(const gaoxing_error *error)
{
    fprintf(stderr, "%d:%d: %s\n%s", (int)error->line, (int)error->column, error->en, error->caret);
    return 1;
}

int main(int count, char **arguments)
{
    const char *rule = count > 1 ? arguments[1] : "if weight > 10 then price * 0.9 else price";
    const gaoxing_text names[] = {gaoxing_text_of("price"), gaoxing_text_of("weight")};
    gaoxing_feel_options options = GAOXING_FEEL_OPTIONS_INIT;
    gaoxing_error error = GAOXING_ERROR_INIT;
    gaoxing_arena *model = gaoxing_arena_create(0, NULL), *work = gaoxing_arena_create(0, NULL);
    int status = 0;

    options.names = names;
    options.name_count = 2;
    options.is_closed = true; /* a mistyped name is an error that says which was meant */
    gaoxing_feel *feel = gaoxing_feel_compile(model, gaoxing_text_of(rule), &options, &error);
    if (!feel)
        status = fail(&error);
    for (size_t i = 0; feel && i < sizeof basket / sizeof *basket && status == 0; i++) {
        gaoxing_value answer, values[] = {gaoxing_scaled(basket[i].cents, 2), /* 129.99 */
                                          gaoxing_scaled(basket[i].grams, 3)};
        if (gaoxing_feel_run(work, feel, values, NULL, &answer, &error))
            printf("%s %s\n", basket[i].name, gaoxing_to_text(work, answer).bytes);
        else
            status = fail(&error);
        gaoxing_arena_reset(work); /* forgets the answer, keeps the memory */
    }
    gaoxing_arena_destroy(work);
    gaoxing_arena_destroy(model);
    return status;
}
