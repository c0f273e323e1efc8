/* gaoxing version, gaoxing workdays. */
#include "cli/tool.h"
#include "base/file.h"
#include "base/limits.h"
#include "calendar/calendar.h"

#include <stdio.h>

int gx_tool_version(gx_tool_call *call)
{
    (void)call;
    puts("gaoxing " GX_VERSION);
    return GX_TOOL_DONE;
}

int gx_tool_workdays(gx_tool_call *call)
{
    gx_error error = {0};
    const char *path = gx_tool_option(call, "calendar", "packages/base/calendars/cn.json");
    if (!gx_tool_expect(call, 2, 2, "workdays DATE N [--calendar FILE]"))
        return GX_TOOL_FAILED;
    gx_text source;
    if (!gx_file_read(call->arena, path, GX_LIMIT_FILE_BYTES, &source, &error))
        return gx_tool_fail(call, &error);
    gx_json *json = gx_json_parse(call->arena, source, gx_text_of(path), &error);
    gx_calendar *calendar = json ? gx_calendar_read(call->arena, json, gx_text_of(path), &error) : NULL;
    if (!calendar)
        return gx_tool_fail(call, &error);
    gx_day start;
    int64_t count;
    if (!gx_day_parse(gx_text_of(call->arguments[0]), &start)) {
        gx_fail(&error, "calendar.date", gx_text_of(call->arguments[0]));
        return gx_tool_fail(call, &error);
    }
    if (!gx_text_to_int(gx_text_of(call->arguments[1]), &count) || count < 0 || count > 36600) {
        gx_fail(&error, "cli.usage", GX_TEXT("workdays DATE N [--calendar FILE]"));
        return gx_tool_fail(call, &error);
    }
    bool is_provisional;
    char text[GX_DAY_SIZE];
    gx_day end = gx_calendar_limit_end(calendar, start, (gx_limit){(int32_t)count, GX_LIMIT_WORKDAY}, &is_provisional);
    static const char *const notes[] = {" (暂定: 该年日历未公布)", " (provisional: the year's calendar is not published)"};
    printf("%s%s\n", gx_day_write(end, text).bytes, is_provisional ? notes[call->language] : "");
    return GX_TOOL_DONE;
}
