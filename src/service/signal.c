/* Signals: everybody who waits hears them, in whatever case. A few hear it in the sender's own command; many
 * are written down first, and each hears it in a command of its own (DUE_SIGNAL of the scheduler), so that a
 * hundred thousand hold nobody up and one that fails is nobody else's failure. */
#include "service/scheduler.h"
#include "service/work.h"

enum { AT_ONCE = 64, SUSPENDED_MS = 600000 };

static bool write_down(gx_work *work, gx_text name, gx_value variables, int64_t sender, gx_error *error)
{
    gx_text text = gx_value_is_null(variables)
                       ? GX_TEXT("{}")
                       : gx_json_to_text(work->arena, gx_value_to_json(work->arena, variables));
    if (!gx_db_run(work->db, error, "INSERT INTO signal (name, variables) VALUES (?1, ?2)", "tt", name, text))
        return false;
    gx_scheduler_wake(work->db);
    return gx_db_run(work->db, error,
                     "INSERT INTO signal_hearer (bucket, signal, instance, at) SELECT DISTINCT bucket, "
                     "CAST(?1 AS BIGINT), instance, CAST(?2 AS BIGINT) FROM subscription WHERE name = ?3 AND "
                     "is_signal = 1 AND instance <> ?4",
                     "iiti", gx_db_last_id(work->db), work->now, name, sender);
}

bool gx_signal_send(gx_work *work, gx_text name, gx_value variables, int64_t sender, gx_error *error)
{
    gx_statement *find = gx_db_prepare(work->db, "SELECT DISTINCT instance FROM subscription WHERE name = ?1 "
                                                 "AND is_signal = 1 AND instance <> ?2 ORDER BY instance "
                                                 "LIMIT 65");
    gx_bind(find, "ti", name, sender);
    gx_step step;
    size_t count = 0;
    int64_t instances[AT_ONCE + 1];
    while ((step = gx_db_step(find, error)) == GX_STEP_ROW)
        instances[count++] = gx_column_int(find, 0);
    if (step != GX_STEP_DONE)
        return false;
    if (count > AT_ONCE)
        return write_down(work, name, variables, sender, error);
    for (size_t i = 0; i < count; i++)
        gx_instance_post(work, instances[i],
                         &(gx_command){.kind = GX_COMMAND_SIGNAL, .name = name, .variables = variables});
    return true;
}

bool gx_signal_hear(gx_work *work, int64_t signal, int64_t instance, gx_error *error)
{
    const gx_case *of = gx_work_case(work, instance / GX_INSTANCE_PARTS, error);
    if (!of)
        return false;
    if (of->suspended_at) /* held since the signal was sent: it hears it when it goes on */
        return gx_db_run(work->db, error,
                         "UPDATE signal_hearer SET at = ?3 WHERE bucket = bucket_of(?2 / 4096) AND signal = "
                         "?1 AND instance = ?2",
                         "iii", signal, instance, work->now + SUSPENDED_MS);
    gx_statement *find = gx_db_prepare(
        work->db, "SELECT s.name, s.variables FROM signal_hearer h JOIN signal s ON s.id = h.signal WHERE "
                  "h.bucket = bucket_of(?2 / 4096) AND h.signal = ?1 AND h.instance = ?2");
    gx_bind(find, "ii", signal, instance);
    gx_step step = gx_db_step(find, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE; /* heard already */
    gx_text name = gx_column_copy(work->arena, find, 0), text = gx_column_copy(work->arena, find, 1);
    gx_db_reset(find);
    gx_json *variables = gx_json_parse(work->arena, text, GX_TEXT("signal"), error);
    if (!variables ||
        !gx_db_run(
            work->db, error,
            "DELETE FROM signal_hearer WHERE bucket = bucket_of(?2 / 4096) AND signal = ?1 AND instance = ?2",
            "ii", signal, instance) ||
        !gx_db_run(work->db, error,
                   "DELETE FROM signal WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM signal_hearer WHERE "
                   "signal = ?1)",
                   "i", signal))
        return false;
    gx_instance_post(work, instance,
                     &(gx_command){.kind = GX_COMMAND_SIGNAL,
                                   .name = name,
                                   .variables = gx_value_from_json(work->arena, variables)});
    return true;
}
