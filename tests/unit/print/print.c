#include "print/print.h"
#include "base/file.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const gx_print_row rows[] = {
    {GX_TEXT("建设单位"), GX_TEXT("样例精密机械有限公司")},
    {GX_TEXT("建设项目名称"), GX_TEXT("智能化驾驶室生产线 <b>一期</b> & 二期")},
    {GX_TEXT("建设位置"), GX_TEXT("高新区样例路 1 号")},
    {GX_TEXT("建设规模"), GX_TEXT("总建筑面积 32,000 平方米, 地上 3 层")},
    {GX_TEXT("备注"), {"", 0}},
};

static gx_print_page sample_page(void)
{
    return (gx_print_page){
        .title = GX_TEXT("建设工程规划许可证"), .subtitle = GX_TEXT("Planning permit for construction works"),
        .number_label = GX_TEXT("编号"), .number = GX_TEXT("SAMPLE-JZ-2026-0001"),
        .opening = GX_TEXT("根据《中华人民共和国城乡规划法》第四十条规定, 经审核, 本建设工程符合国土空间规划和用途管制要求, 颁发此证。"),
        .rows = rows, .row_count = GX_COUNT_OF(rows),
        .closing = GX_TEXT("本证为样例, 不具有法律效力。"),
        .authority = GX_TEXT("自然资源和规划分局"), .date = GX_TEXT("2026年11月23日"),
        .sample_mark = GX_TEXT("样例 SAMPLE"), .footer = GX_TEXT("高兴办 Gaoxing"),
        .qr = GX_TEXT("http://localhost:8080/v/0123456789abcdefghjkmnpqrs"), .qr_caption = GX_TEXT("扫码核验"),
        .metadata = GX_TEXT("{\"number\":\"SAMPLE-JZ-2026-0001\"}"),
        .made_at = 1795400000000, .has_seal = true, .is_certificate = true,
    };
}

static void the_same_page_gives_the_same_bytes(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES);
    gx_print_page page = sample_page();
    gx_text first, second;
    gx_error error = {0};
    assert_true(gx_print_pdf(&arena, &page, &first, &error));
    assert_true(gx_print_pdf(&arena, &page, &second, &error));
    assert_true(gx_text_equal(first, second));
    assert_true(gx_text_starts_with(first, GX_TEXT("%PDF-")));
    const char *keep = getenv("GX_KEEP_PDF"); /* to look at it */
    if (keep)
        assert_true(gx_file_write(keep, first, &error));
    gx_arena_release(&arena);
}

static void a_long_table_runs_on_to_further_pages(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES);
    static gx_print_row many[80];
    for (size_t i = 0; i < GX_COUNT_OF(many); i++)
        many[i] = (gx_print_row){GX_TEXT("栏目"), GX_TEXT("内容")};
    gx_print_page page = sample_page();
    page.rows = many;
    page.row_count = GX_COUNT_OF(many);
    gx_text pdf;
    gx_error error = {0};
    assert_true(gx_print_pdf(&arena, &page, &pdf, &error));
    int pages = 0;
    for (gx_text rest = pdf; rest.size;) {
        ptrdiff_t at = gx_text_find(rest, GX_TEXT("/Type /Page"));
        if (at < 0)
            break;
        rest = gx_text_slice(rest, (size_t)at + 11, rest.size);
        pages += !gx_text_starts_with(rest, GX_TEXT("s")); /* "/Type /Pages" is the tree's root */
    }
    assert_int_equal(pages, 5);
    gx_arena_release(&arena);
}

static void hostile_text_is_drawn_or_cut_and_never_fails(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES);
    char *long_text = gx_alloc(&arena, 100000);
    memset(long_text, 'A', 99999);
    const gx_print_row hostile[] = {
        {GX_TEXT("<span size='999999'>"), GX_TEXT("\xE2\x80\xAE txet \xE2\x80\xAD \xF0\x9F\x98\x80\xEF\xB8\x8F")},
        {GX_TEXT("长"), {long_text, 99999}},
    };
    gx_print_page page = sample_page();
    page.rows = hostile;
    page.row_count = GX_COUNT_OF(hostile);
    gx_text pdf;
    gx_error error = {0};
    assert_true(gx_print_pdf(&arena, &page, &pdf, &error));
    gx_arena_release(&arena);
}

static void a_code_that_cannot_be_scanned_is_refused(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES);
    gx_text svg;
    gx_error error = {0};
    assert_true(gx_print_qr_svg(&arena, GX_TEXT("http://localhost/v/x"), &svg, &error));
    assert_true(gx_text_starts_with(svg, GX_TEXT("<svg ")));
    assert_false(gx_print_qr_svg(&arena, (gx_text){"", 0}, &svg, &error));
    assert_false(gx_print_qr_svg(&arena, GX_TEXT("高"), &svg, &error));
    char *long_text = gx_alloc(&arena, 1000);
    memset(long_text, 'A', 999);
    assert_false(gx_print_qr_svg(&arena, (gx_text){long_text, 999}, &svg, &error));
    assert_string_equal(error.code, "print.qr");
    gx_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_page_gives_the_same_bytes),
        cmocka_unit_test(a_long_table_runs_on_to_further_pages),
        cmocka_unit_test(hostile_text_is_drawn_or_cut_and_never_fails),
        cmocka_unit_test(a_code_that_cannot_be_scanned_is_refused),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
