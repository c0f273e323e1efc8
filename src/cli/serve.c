/* gaoxing serve: opens the zone, loads the packages, serves until SIGTERM or SIGINT. */
#include "cli/tool.h"
#include "api/api.h"
#include "api/engine_rest.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "service/courier.h"
#include "service/identity.h"
#include "service/keeper.h"
#include "service/sample.h"
#include "service/scheduler.h"
#include "skill/skill.h"

#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const gx_asset gx_assets[];
extern const size_t gx_asset_count;

static const char usage[] =
    "serve [--port N] [--address IP] [--data DIR] [--db URL] [--packages DIR] [--sample] "
    "[--proxy IP] [--access-log] [--clock-offset MS] [--public-url URL] [--webhook-allow RANGE[,RANGE]] "
    "[--keep-finished DAYS]";

static void print_account(void *context, const gx_json *account)
{
    gx_arena *arena = context;
    const gx_json *roles = gx_json_get(account, "roles");
    gx_text role = gx_json_text(roles ? roles->first : NULL),
            department = gx_json_text_of(account, "department");
    gx_text who = gx_json_text(gx_json_path(account, "person.name")), note = gx_json_text_of(account, "note");
    printf("  %-14s %-16s %s %s%s%s\n", gx_copy_string(arena, gx_json_text_of(account, "name")),
           gx_copy_string(arena, gx_json_text_of(account, "password")), gx_copy_string(arena, who),
           gx_copy_string(arena, note.size ? note : role), department.size ? " " : "",
           gx_copy_string(arena, department));
}

/* The first start of an empty zone: an administrator whose password is made now and printed once. */
static bool make_administrator(gx_zone *zone, gx_arena *arena, gx_error *error)
{
    int64_t count;
    if (!gx_account_count(zone, &count, error) || count > 0)
        return count > 0;
    char password[GX_ID_SIZE];
    gx_random_id(password);
    gx_json *roles = gx_json_array(arena);
    gx_json_append(roles, gx_json_string(arena, GX_TEXT("administrator")));
    gx_account account = {.login = GX_TEXT("admin"),
                          .password = gx_text_of(password + 6),
                          .name = GX_TEXT("系统管理员"),
                          .roles = roles};
    if (!gx_account_put(zone, &account, error))
        return false;
    printf("\n  管理员账号 administrator: admin\n  初始密码 password (只显示一次 shown once): %s\n",
           password + 6);
    return true;
}

/* Reads and checks the folder; a package with an error is not loaded. */
static gx_packages *read_faultless(gx_tool_call *call, const char *folder, bool with_sample,
                                   gx_findings *findings, gx_error *error)
{
    gx_packages *packages = gx_packages_read(folder, with_sample, findings, error);
    if (!packages)
        return NULL;
    gx_packages_check(packages, gx_skills, gx_skill_count, findings);
    if (!findings->errors)
        return packages;
    char figure[24];
    gx_tool_findings(call, findings);
    gx_fail(error, "package.faulty", gx_error_int(figure, (int64_t)findings->errors));
    gx_packages_release(packages);
    return NULL;
}

/* Of the folder, of this program and of what is wanted of them: unless it changes there is nothing to load.
 */
static bool stamp_of(const char *folder, bool with_sample, int64_t *stamp, gx_error *error)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    uint64_t files = 0;
    struct stat program = {0};
    bool is_there = gx_file_stamp(&arena, folder, &files, error);
    stat("/proc/self/exe", &program);
    gx_text all =
        gx_format(&arena, "%llu %lld %lld %lld %d", (unsigned long long)files, (long long)program.st_size,
                  (long long)program.st_mtim.tv_sec, (long long)program.st_mtim.tv_nsec, with_sample);
    *stamp = (int64_t)(gx_text_hash(all) >> 1) | 1;
    gx_arena_release(&arena);
    return is_there;
}

static bool load_packages(gx_zone *zone, gx_tool_call *call, const char *folder, bool with_sample,
                          gx_packages **read, gx_error *error)
{
    int64_t stamp, known;
    if (!stamp_of(folder, with_sample, &stamp, error) || !gx_zone_stamp(zone, folder, &known, error))
        return false;
    if (stamp == known) {
        *read = gx_packages_read_infos(folder, with_sample, error);
        return *read != NULL;
    }
    gx_findings findings = {0};
    int64_t loaded = 0, records = 0;
    gx_packages *packages = read_faultless(call, folder, with_sample, &findings, error);
    bool is_loaded = packages && gx_zone_load(zone, packages, &loaded, error) &&
                     gx_sample_load(zone, packages, &records, &findings, error);
    if (is_loaded && (loaded || records))
        fprintf(stderr, "==> %lld definitions, %lld records loaded\n", (long long)loaded, (long long)records);
    gx_findings_release(&findings);
    *read = packages;
    return is_loaded && gx_zone_set_stamp(zone, folder, stamp, error);
}

/* SIGHUP: what changed in the folder becomes a new version and is in force for what begins from now on; with
 * an error in it everything stays as it was. Records and accounts of the sample zone are not touched. */
static void reload(gx_zone *zone, gx_tool_call *call, const char *folder, bool with_sample)
{
    gx_findings findings = {0};
    gx_error error = {0};
    int64_t loaded = 0;
    gx_packages *packages = read_faultless(call, folder, with_sample, &findings, &error);
    if (packages && gx_zone_load(zone, packages, &loaded, &error))
        fprintf(stderr, "==> %lld definitions in a new version\n", (long long)loaded);
    else
        gx_log_error("serve.reload", &error);
    gx_packages_release(packages);
    gx_findings_release(&findings);
}

static void tell(void *context, const char *topic, gx_text json)
{
    gx_server *server = *(gx_server **)context;
    if (server &&
        strcmp(topic, "external") == 0) /* {"id":"TOPIC"}: for programs that wait for work, not for pages */
        gx_server_stir(server, gx_text_hash(gx_text_slice(json, 7, json.size - 2)));
    else if (server)
        gx_events_publish(server, topic, json);
}

static sigset_t signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

/* The next signal: SIGHUP, or one that ends the server. */
static int wait_for_signal(void)
{
    sigset_t set = signals();
    int number;
    return sigwait(&set, &number) == 0 ? number : SIGTERM;
}

static void block_signals(void)
{
    sigset_t set = signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before any thread is made, so that only sigwait gets them */
    signal(SIGPIPE, SIG_IGN);
}

static void print_welcome(gx_tool_call *call, const gx_packages *packages, uint16_t port, bool with_sample)
{
    printf("\n  高兴办 Gaoxing  http://localhost:%u\n", port);
    if (with_sample) {
        printf("\n  样例账号 sample accounts (仅样例区 only with the sample zone)\n");
        gx_sample_accounts(call->arena, packages, print_account, call->arena);
    }
    printf("\n");
    fflush(stdout);
}

static bool read_ranges(gx_text list, gx_address_rule *rule, gx_error *error)
{
    while (list.size)
        if (!gx_address_open(rule, gx_text_cut(list, ',', &list), error))
            return false;
    return true;
}

int gx_tool_serve(gx_tool_call *call)
{
    gx_error error = {0};
    int64_t port, offset = 0, keep_days = 0;
    const char *data = gx_tool_option(call, "data", "var"), *database = gx_tool_database(call),
               *folder = gx_tool_option(call, "packages", "packages"),
               *address = gx_tool_option(call, "address", NULL),
               *public_url = gx_tool_option(call, "public-url", NULL);
    gx_text ranges = gx_text_of(gx_tool_option(call, "webhook-allow", ""));
    gx_address_rule addresses = {0};
    const char *proxy = gx_tool_option(call, "proxy", NULL);
    bool with_sample = gx_tool_flag(call, "sample"), has_access_log = gx_tool_flag(call, "access-log");
    bool is_port =
        gx_text_to_int(gx_text_of(gx_tool_option(call, "port", "8080")), &port) && port >= 0 && port <= 65535;
    bool is_offset = gx_text_to_int(gx_text_of(gx_tool_option(call, "clock-offset", "0")), &offset);
    const char *keep = gx_tool_option(call, "keep-finished", NULL);
    bool is_keep =
        !keep || (gx_text_to_int(gx_text_of(keep), &keep_days) && keep_days >= 1 && keep_days <= 36500);
    if (!gx_tool_expect(call, 0, 0, usage) || !is_port || !is_offset || !is_keep) {
        if (!is_port || !is_offset || !is_keep)
            fprintf(stderr, "gaoxing %s\n", usage);
        return GX_TOOL_FAILED;
    }
    if (!read_ranges(ranges, &addresses, &error))
        return gx_tool_fail(call, &error);
    gx_clock_set_offset(offset);
    block_signals();
    gx_skills_use(gx_skills, gx_skill_count);
    gx_server *server = NULL;
    gx_scheduler *scheduler = NULL;
    gx_courier *courier = NULL;
    gx_keeper *keeper = NULL;
    gx_packages *packages = NULL;
    gx_zone *zone = gx_zone_open(&(gx_zone_options){.data_folder = data, .database = database}, &error);
    bool is_ready = zone && load_packages(zone, call, folder, with_sample, &packages, &error) &&
                    make_administrator(zone, call->arena, &error);
    if (is_ready) {
        gx_zone_set_listener(zone, tell, &server);
        gx_zone_set_addresses(zone, &addresses);
        gx_server_options options = {.port = (uint16_t)port,
                                     .address = address,
                                     .store = gx_zone_store(zone),
                                     .host = zone,
                                     .routes = gx_routes,
                                     .route_count = gx_route_count,
                                     .assets = gx_assets,
                                     .asset_count = gx_asset_count,
                                     .schemas = gx_api_schemas,
                                     .proxy = proxy,
                                     .has_access_log = has_access_log,
                                     .upload_folder = gx_format(call->arena, "%s/upload", data).bytes,
                                     .write_problem = gx_rest_write_problem,
                                     .authenticate = gx_identity_authenticate,
                                     .authorise = gx_identity_authorise,
                                     .foresee = gx_api_foresee};
        server = gx_server_start(&options, &error);
        is_ready = server != NULL;
    }
    if (is_ready) {
        gx_zone_set_public_url(
            zone, public_url ? public_url
                             : gx_format(call->arena, "http://localhost:%u", gx_server_port(server)).bytes);
        scheduler = gx_scheduler_start(zone);
        courier = gx_courier_start(zone);
        keeper = keep_days ? gx_keeper_start(zone, keep_days) : NULL;
        print_welcome(call, packages, gx_server_port(server), with_sample);
        gx_packages_release(packages); /* the zone has its own */
        packages = NULL;
        malloc_trim(0);
        while (wait_for_signal() == SIGHUP)
            reload(zone, call, folder, with_sample);
    }
    gx_keeper_stop(keeper);
    gx_courier_stop(courier);
    gx_scheduler_stop(scheduler);
    gx_server_stop(server);
    gx_packages_release(packages);
    gx_zone_close(zone);
    return is_ready ? GX_TOOL_DONE : gx_tool_fail(call, &error);
}
