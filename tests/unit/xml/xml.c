#include "xml/xml.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static gx_arena arena;

static int set_up(void **state)
{
    (void)state;
    arena = gx_arena_of(512 * GX_MIB);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gx_arena_release(&arena);
    return 0;
}

static gx_xml *parse(const char *source, gx_error *error)
{
    return gx_xml_parse(&arena, gx_text_of(source), GX_TEXT("in.xml"), error);
}

typedef struct bad_case {
    const char *source, *code;
    int32_t line;
} bad_case;

static const bad_case bad_cases[] = {
    {"", "xml.syntax", 1},
    {"<a>", "xml.syntax", 1},
    {"<a>\n<b></a>", "xml.syntax", 2},
    {"<a x='1' x='2'/>", "xml.syntax", 1},
    {"<a>&nothing;</a>", "xml.syntax", 1},
    {"<p:a/>", "xml.syntax", 1},
    {"<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;</a>", "xml.doctype", 2},
    {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "xml.doctype", 1},
    {"<?xml version='1.0' encoding='UTF-16'?><a/>", "xml.encoding", 1},
    {"<?xml version='1.0' encoding='EBCDIC-US'?><a/>", "xml.encoding", 1},
    {"<a>\xC0\xAF</a>", "xml.utf8", 1},
};

static void what_no_model_needs_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(bad_cases); i++) {
        gx_error error = {0};
        assert_null(parse(bad_cases[i].source, &error));
        if (strcmp(error.code, bad_cases[i].code) != 0 || error.line != bad_cases[i].line)
            fail_msg("%s: %s at line %d", bad_cases[i].source, error.code, (int)error.line);
    }
}

static void costly_shapes_are_refused_before_the_library_sees_them(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_buffer wide = gx_buffer_in(&arena);
    gx_buffer_string(&wide, "<a");
    for (int i = 0; i < 40000; i++)
        gx_buffer_format(&wide, " a%d='1'", i);
    gx_buffer_string(&wide, "/>");
    assert_null(parse(gx_buffer_as_text(&wide).bytes, &error));
    assert_string_equal(error.code, "xml.attributes");
    gx_buffer deep = gx_buffer_in(&arena);
    for (int i = 0; i < 1000000; i++)
        gx_buffer_string(&deep, "<a>");
    assert_null(parse(gx_buffer_as_text(&deep).bytes, &error));
    assert_string_equal(error.code, "xml.depth");
    gx_buffer large = gx_buffer_in(&arena);
    while (large.size <= GX_LIMIT_XML_BYTES)
        gx_buffer_string(&large, "<!-- filling -->");
    assert_null(parse(gx_buffer_as_text(&large).bytes, &error));
    assert_string_equal(error.code, "xml.size");
}

static void a_document_is_written_as_it_was_read(void **state)
{
    (void)state;
    const char *source = "<b:a xmlns:b=\"urn:b\" xmlns=\"urn:d\" x=\"1&amp;&quot;&#10;\" b:y=\"2\"><!-- note --><c/>text &lt; "
                         "<![CDATA[<raw>]]><?target data?>\n  <c>\xE9\xAB\x98</c></b:a>";
    gx_error error = {0};
    gx_xml *root = parse(source, &error);
    assert_non_null(root);
    gx_buffer written = gx_buffer_in(&arena);
    gx_xml_write(&written, root, false);
    assert_string_equal(gx_buffer_as_text(&written).bytes, source);
}

static void elements_and_attributes_are_found_by_namespace(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_xml *root = parse("<m:a xmlns:m='urn:m' xmlns:x='urn:x' id='plain' x:id='extended'>\n <m:b n='1'/>\n <x:b n='2'/><m:b n='3'>one<!-- - -->two</m:b></m:a>", &error);
    assert_non_null(root);
    assert_true(gx_xml_is(root, "urn:m", "a"));
    assert_true(gx_text_equal(gx_xml_attribute_of(root, "id"), GX_TEXT("plain")));
    assert_true(gx_text_equal(gx_xml_attribute_ns(root, "urn:x", "id"), GX_TEXT("extended")));
    assert_null(gx_xml_attribute_of(root, "absent").bytes);
    gx_xml *first = gx_xml_child(root, "urn:m", "b");
    assert_int_equal(first->line, 2);
    assert_int_equal(first->column, 2);
    assert_int_equal(gx_xml_child(root, "urn:x", "b")->line, 3);
    gx_xml *third = gx_xml_next(first, "urn:m", "b");
    assert_true(gx_text_equal(gx_xml_attribute_of(third, "n"), GX_TEXT("3")));
    assert_true(gx_text_equal(gx_xml_content(&arena, third), GX_TEXT("onetwo")));
    assert_true(gx_text_equal(gx_xml_namespace(third, GX_TEXT("x")), GX_TEXT("urn:x")));
    assert_null(gx_xml_next(third, "urn:m", "b"));
}

static void the_canonical_form_ignores_prefixes_order_and_blank_text(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_buffer one = gx_buffer_in(&arena), two = gx_buffer_in(&arena), other = gx_buffer_in(&arena);
    gx_xml_write_canonical(&one, parse("<a xmlns='urn:m' y='2' x='1'> <b/>\n</a>", &error));
    gx_xml_write_canonical(&two, parse("<p:a xmlns:p='urn:m' x='1' y='2'><!-- c --><p:b></p:b></p:a>", &error));
    gx_xml_write_canonical(&other, parse("<p:a xmlns:p='urn:m' x='1' y='3'><p:b/></p:a>", &error));
    assert_string_equal(gx_buffer_as_text(&one).bytes, gx_buffer_as_text(&two).bytes);
    assert_string_not_equal(gx_buffer_as_text(&one).bytes, gx_buffer_as_text(&other).bytes);
}

static void older_encodings_are_decoded(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_xml *root = parse("<?xml version='1.0' encoding='WINDOWS-1252'?><a x='\xE9\x80'/>", &error);
    assert_non_null(root);
    assert_true(gx_text_equal(gx_xml_attribute_of(root, "x"), GX_TEXT("\xC3\xA9\xE2\x82\xAC")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_model_needs_is_refused_with_its_line),
        cmocka_unit_test(costly_shapes_are_refused_before_the_library_sees_them),
        cmocka_unit_test(a_document_is_written_as_it_was_read),
        cmocka_unit_test(elements_and_attributes_are_found_by_namespace),
        cmocka_unit_test(the_canonical_form_ignores_prefixes_order_and_blank_text),
        cmocka_unit_test(older_encodings_are_decoded),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("xml", tests, set_up, tear_down);
}
