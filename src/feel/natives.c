/* The table of external functions and the functions behind it. */
#include "feel/natives.h"
#include "base/decimal.h"

#include <math.h>
#include <stdio.h>

/* ---- Numbers ---- */

static gx_value refuse(gx_feel_call *call, const gx_function *self, gx_value argument)
{
    return gx_feel_null(call, "feel.null.domain", self->name, gx_value_to_text(call->arena, argument));
}

static gx_value larger(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    if (count != 2 || arguments[0].kind != GX_NUMBER || arguments[1].kind != GX_NUMBER)
        return refuse(call, self, gx_value_list(arguments, count));
    return gx_number_compare(arguments[0], arguments[1]) >= 0 ? arguments[0] : arguments[1];
}

static gx_value smaller(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    if (count != 2 || arguments[0].kind != GX_NUMBER || arguments[1].kind != GX_NUMBER)
        return refuse(call, self, gx_value_list(arguments, count));
    return gx_number_compare(arguments[0], arguments[1]) <= 0 ? arguments[0] : arguments[1];
}

static gx_value absolute(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    if (count != 1 || arguments[0].kind != GX_NUMBER)
        return refuse(call, self, gx_value_list(arguments, count));
    bool is_negative = gx_number_compare(arguments[0], gx_value_int(0)) < 0;
    return is_negative ? gx_number_negate(call->arena, arguments[0]) : arguments[0];
}

/* A function of binary doubles, as Java's is; the result has 17 digits. */
static gx_value of_doubles(gx_feel_call *call, const gx_function *self, const gx_value *arguments,
                           size_t count, double (*function)(double))
{
    if (count != 1 || arguments[0].kind != GX_NUMBER)
        return refuse(call, self, gx_value_list(arguments, count));
    char text[40];
    snprintf(text, sizeof text, "%.17g", function((double)gx_value_to_decimal(arguments[0])));
    gx_value number;
    return gx_number_parse(call->arena, gx_text_of(text), &number) ? number : gx_value_null();
}

static gx_value cosine(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    return of_doubles(call, self, arguments, count, cos);
}

static gx_value sine(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    return of_doubles(call, self, arguments, count, sin);
}

/* ---- Conversions ---- */

/* A number, or the text of one; whole and at most `bits` wide unless `bits` is 0. */
static gx_value convert(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count,
                        int bits)
{
    gx_value number = count == 1 ? arguments[0] : gx_value_null();
    if (number.kind == GX_STRING && !gx_number_parse(call->arena, gx_value_as_text(number), &number))
        return refuse(call, self, arguments[0]);
    if (number.kind != GX_NUMBER)
        return refuse(call, self, gx_value_list(arguments, count));
    if (bits == 0)
        return number;
    int64_t whole, most = bits == 64 ? INT64_MAX : ((int64_t)1 << (bits - 1)) - 1;
    if (!gx_value_to_int(number, &whole) || whole > most || whole < -most - 1)
        return refuse(call, self, number);
    return gx_value_int(whole);
}

static gx_value to_byte(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    return convert(call, self, arguments, count, 8);
}

static gx_value to_short(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    return convert(call, self, arguments, count, 16);
}

static gx_value to_int(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    return convert(call, self, arguments, count, 32);
}

static gx_value to_long(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    return convert(call, self, arguments, count, 64);
}

static gx_value to_number(gx_feel_call *call, const gx_function *self, const gx_value *arguments,
                          size_t count)
{
    return convert(call, self, arguments, count, 0);
}

/* ---- Strings ---- */

static gx_value of_character(gx_feel_call *call, const gx_function *self, const gx_value *arguments,
                             size_t count)
{
    if (count != 1 || arguments[0].kind != GX_STRING || gx_utf8_count(gx_value_as_text(arguments[0])) != 1)
        return refuse(call, self, gx_value_list(arguments, count));
    return arguments[0];
}

static gx_value format(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    if (count == 0 || arguments[0].kind != GX_STRING)
        return refuse(call, self, gx_value_list(arguments, count));
    gx_text pattern = gx_value_as_text(arguments[0]);
    gx_buffer text = gx_buffer_in(call->arena);
    size_t used = 1;
    for (size_t i = 0; i < pattern.size; i++) {
        char byte = pattern.bytes[i], sign = i + 1 < pattern.size ? pattern.bytes[i + 1] : '\0';
        if (byte != '%') {
            gx_buffer_byte(&text, byte);
            continue;
        }
        i++;
        if (sign == '%')
            gx_buffer_byte(&text, '%');
        else if (sign == 's' && used < count)
            gx_value_write(&text, arguments[used++]);
        else
            return refuse(call, self, arguments[0]);
    }
    return gx_feel_allows_string(call, text.size) ? gx_value_text(gx_buffer_as_text(&text)) : gx_value_null();
}

/* ---- The table ---- */

static const gx_native table[] = {
    {"java.lang.Math", "max(int,int)", larger},
    {"java.lang.Math", "max(long,long)", larger},
    {"java.lang.Math", "max(float,float)", larger},
    {"java.lang.Math", "max(double,double)", larger},
    {"java.lang.Math", "min(int,int)", smaller},
    {"java.lang.Math", "min(long,long)", smaller},
    {"java.lang.Math", "min(float,float)", smaller},
    {"java.lang.Math", "min(double,double)", smaller},
    {"java.lang.Math", "abs(double)", absolute},
    {"java.lang.Math", "cos(double)", cosine},
    {"java.lang.Math", "sin(double)", sine},
    {"java.lang.Byte", "valueOf(byte)", to_byte},
    {"java.lang.Byte", "valueOf(java.lang.String)", to_byte},
    {"java.lang.Short", "valueOf(short)", to_short},
    {"java.lang.Short", "valueOf(java.lang.String)", to_short},
    {"java.lang.Integer", "valueOf(int)", to_int},
    {"java.lang.Integer", "valueOf(java.lang.String)", to_int},
    {"java.lang.Long", "valueOf(long)", to_long},
    {"java.lang.Long", "valueOf(java.lang.String)", to_long},
    {"java.lang.Float", "valueOf(float)", to_number},
    {"java.lang.Float", "valueOf(java.lang.String)", to_number},
    {"java.lang.Double", "valueOf(double)", to_number},
    {"java.lang.Double", "valueOf(java.lang.String)", to_number},
    {"java.math.BigDecimal", "valueOf(double)", to_number},
    {"java.math.BigDecimal", "valueOf(long)", to_long},
    {"java.lang.String", "valueOf(char)", of_character},
    {"java.lang.String", "format(java.lang.String,[Ljava.lang.Object;)", format},
};

/* Equal but for blanks in `written`. */
static bool is_signature(gx_text written, const char *signature)
{
    for (size_t i = 0; i < written.size; i++)
        if (written.bytes[i] != ' ' && *signature++ != written.bytes[i])
            return false;
    return *signature == '\0';
}

static const gx_native *find(const gx_native *rows, size_t count, gx_text class_name, gx_text signature)
{
    for (size_t i = 0; i < count; i++)
        if (gx_text_equal(class_name, gx_text_of(rows[i].class_name)) &&
            is_signature(signature, rows[i].signature))
            return &rows[i];
    return NULL;
}

gx_value gx_native_find(void *natives, gx_arena *model, gx_value mapping, size_t parameter_count)
{
    const gx_natives *host = natives;
    gx_value java = gx_context_get(mapping, GX_TEXT("java"));
    gx_text class_name = gx_value_as_text(gx_context_get(java, GX_TEXT("class")));
    gx_text signature = gx_value_as_text(gx_context_get(java, GX_TEXT("method signature")));
    const gx_native *row = host ? find(host->rows, host->count, class_name, signature) : NULL;
    if (!row)
        row = find(table, GX_COUNT_OF(table), class_name, signature);
    if (!row)
        return gx_value_null();
    gx_function *function = GX_NEW(model, gx_function);
    *function = (gx_function){
        .kind = GX_FUNCTION_NATIVE,
        .parameter_count = (uint32_t)parameter_count,
        .name = gx_copy(model, signature),
        .native = row->function,
    };
    return gx_value_function(function);
}
