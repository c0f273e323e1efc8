/* Random small decision tables over a number x0, a string x1 and a boolean x2; the decision is "d", its
 * outputs 0 to 2. */
#ifndef TESTS_UNIT_DMN_RANDOM_TABLE_H
#define TESTS_UNIT_DMN_RANDOM_TABLE_H

#include "base/buffer.h"

#include <string.h>

enum { INPUTS = 3 };

typedef struct random_table {
    gx_arena *arena;
    const char *policy;
    uint32_t rules;
    uint64_t random; /* the state of the generator */
} random_table;

static inline uint32_t random_below(random_table *b, uint32_t below)
{
    b->random = b->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(b->random >> 33) % below;
}

static const char *const random_types[INPUTS] = {"number", "string", "boolean"};

static inline const char *random_literal(random_table *b, uint32_t input)
{
    static const char *const numbers[] = {"0", "1", "2", "3", "4"};
    static const char *const strings[] = {"\"a\"", "\"b\"", "\"c\""};
    static const char *const booleans[] = {"true", "false"};
    return input == 0   ? numbers[random_below(b, 5)]
           : input == 1 ? strings[random_below(b, 3)]
                        : booleans[random_below(b, 2)];
}

static inline void random_test(random_table *b, gx_buffer *xml, uint32_t input)
{
    static const char *const comparisons[] = {"&lt; ", "&lt;= ", "&gt; ", "&gt;= "};
    const char *x = random_literal(b, input), *y = random_literal(b, input);
    uint32_t form = random_below(b, input == 2 ? 4 : 8);
    if (strcmp(x, y) > 0) {
        const char *swapped = x;
        x = y;
        y = swapped;
    }
    switch (form) {
    case 0: gx_buffer_string(xml, "-"); break;
    case 1: gx_buffer_format(xml, "%s", x); break;
    case 2: gx_buffer_format(xml, "not(%s)", x); break;
    case 3: gx_buffer_format(xml, "%s, %s", x, y); break;
    case 4: gx_buffer_format(xml, "%s%s", comparisons[random_below(b, 4)], x); break;
    case 5: gx_buffer_format(xml, "[%s..%s]", x, y); break;
    case 6: gx_buffer_format(xml, "(%s..%s)", x, y); break;
    default: gx_buffer_format(xml, "not(%s%s)", comparisons[random_below(b, 4)], x); break;
    }
}

static inline gx_text random_model(random_table *b)
{
    gx_buffer xml = gx_buffer_in(b->arena);
    gx_buffer_format(
        &xml,
        "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='m' namespace='m' id='m'>"
        "<decision id='d' name='d'><variable name='d' typeRef='number'/>");
    for (int i = 0; i < INPUTS; i++)
        gx_buffer_format(&xml,
                         "<informationRequirement><requiredInput href='#i%d'/></informationRequirement>", i);
    gx_buffer_format(&xml, "<decisionTable id='t' hitPolicy='%s'>", b->policy);
    for (int i = 0; i < INPUTS; i++)
        gx_buffer_format(
            &xml, "<input id='c%d'><inputExpression typeRef='%s'><text>x%d</text></inputExpression></input>",
            i, random_types[i], i);
    gx_buffer_string(&xml, "<output id='o' typeRef='number'/>");
    for (uint32_t r = 0; r < b->rules; r++) {
        gx_buffer_format(&xml, "<rule id='r%u'>", r);
        for (uint32_t i = 0; i < INPUTS; i++) {
            gx_buffer_string(&xml, "<inputEntry><text>");
            random_test(b, &xml, i);
            gx_buffer_string(&xml, "</text></inputEntry>");
        }
        gx_buffer_format(&xml, "<outputEntry><text>%u</text></outputEntry></rule>", random_below(b, 3));
    }
    gx_buffer_string(&xml, "</decisionTable></decision>");
    for (int i = 0; i < INPUTS; i++)
        gx_buffer_format(&xml,
                         "<inputData id='i%d' name='x%d'><variable name='x%d' typeRef='%s'/></inputData>", i,
                         i, i, random_types[i]);
    gx_buffer_string(&xml, "</definitions>");
    return gx_buffer_as_text(&xml);
}

#endif
