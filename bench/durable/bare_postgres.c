/* The bare store on PostgreSQL: prepared statements sent in pipeline mode, one round trip a group. */
#include "durable.h"
#include "base/clock.h"

#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };

/* ?1 becomes $1. */
static void in_dollars(const char *sql, char *out, size_t size)
{
    snprintf(out, size, "%s", sql);
    for (char *at = out; (at = strchr(at, '?'));)
        *at = '$';
}

static bool prepare(PGconn *connection, int write, const bare_step *sample)
{
    char name[8], sql[1000];
    Oid types[VALUES_MOST];
    for (int i = 0; i < sample->counts[write]; i++) {
        char kind = sample->values[write][i].kind;
        types[i] = kind == 'i' ? OID_INT8 : kind == 'b' ? OID_BYTEA : OID_TEXT;
    }
    snprintf(name, sizeof name, "w%d", write);
    in_dollars(bare_sql[write], sql, sizeof sql);
    PGresult *result = PQprepare(connection, name, sql, sample->counts[write], types);
    bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!is_done)
        fprintf(stderr, "bare PostgreSQL: %s\n", PQerrorMessage(connection));
    PQclear(result);
    return is_done;
}

static bool send_row(PGconn *connection, int write, const bare_value *values, int count)
{
    char name[8];
    const char *bytes[VALUES_MOST];
    int sizes[VALUES_MOST], formats[VALUES_MOST];
    uint64_t numbers[VALUES_MOST];
    snprintf(name, sizeof name, "w%d", write);
    for (int i = 0; i < count; i++) {
        numbers[i] = htobe64((uint64_t)values[i].number);
        bytes[i] = values[i].is_null       ? NULL
                   : values[i].kind == 'i' ? (const char *)&numbers[i]
                                           : values[i].bytes.bytes;
        sizes[i] = values[i].kind == 'i' ? 8 : (int)values[i].bytes.size;
        formats[i] = 1;
    }
    return PQsendQueryPrepared(connection, name, count, bytes, sizes, formats, 0) == 1;
}

/* The answers to `count` statements and their end. */
static bool read_answers(PGconn *connection, size_t count)
{
    bool is_good = PQpipelineSync(connection) == 1;
    for (size_t i = 0; i < count && is_good; i++) {
        PGresult *result = PQgetResult(connection);
        is_good = PQresultStatus(result) == PGRES_COMMAND_OK;
        if (!is_good)
            fprintf(stderr, "bare PostgreSQL: %s\n", PQresultErrorMessage(result));
        PQclear(result);
        PQclear(PQgetResult(connection)); /* NULL: the end of this one */
    }
    PGresult *end = PQgetResult(connection);
    is_good = is_good && PQresultStatus(end) == PGRES_PIPELINE_SYNC;
    PQclear(end);
    return is_good;
}

static bool send_plain(PGconn *connection, const char *sql)
{
    return PQsendQueryParams(connection, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

double bare_postgres(const char *address, const bare_step *steps, size_t count, size_t group)
{
    PGconn *connection = PQconnectdb(address);
    bool is_good = PQstatus(connection) == CONNECTION_OK;
    for (int w = 0; w < WRITES_OF_STEP && is_good; w++)
        is_good = prepare(connection, w, steps);
    is_good = is_good && PQenterPipelineMode(connection);
    int64_t begun = gx_clock_monotonic_ns();
    for (size_t at = 0; at < count && is_good; at += group) {
        size_t sent = 2;
        is_good = send_plain(connection, "BEGIN");
        for (size_t i = at; i < count && i < at + group; i++)
            for (int w = 0; w < WRITES_OF_STEP && is_good; w++, sent++)
                is_good = send_row(connection, w, steps[i].values[w], steps[i].counts[w]);
        is_good = is_good && send_plain(connection, "COMMIT") && read_answers(connection, sent);
    }
    double seconds = (double)(gx_clock_monotonic_ns() - begun) / 1e9;
    PQfinish(connection);
    return is_good ? seconds : -1;
}
