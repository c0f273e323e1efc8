/* tests/unit/address.h: where a test's store lies: in its folder; or, when GX_TEST_POSTGRES is the address of
 * a server, in a schema of its own there, which is dropped at the end. */
#ifndef GX_TESTS_ADDRESS_H
#define GX_TESTS_ADDRESS_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wunused-function" /* each test uses what it needs of this */

static char test_schema[40], test_address[400];

static bool test_sql(const char *text)
{
    PGconn *connection = PQconnectdb(getenv("GX_TEST_POSTGRES"));
    PGresult *result = PQexec(connection, text);
    bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!is_done)
        fprintf(stderr, "# %s: %s", text, PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    return is_done;
}

static bool test_is_on_postgres(void)
{
    return getenv("GX_TEST_POSTGRES") != NULL;
}

/* A new, empty place; NULL: a file in the test's own folder. */
static const char *test_new_address(void)
{
    static int count;
    char text[120];
    if (!test_is_on_postgres())
        return NULL;
    snprintf(test_schema, sizeof test_schema, "test_%d_%d", (int)getpid(), ++count);
    snprintf(text, sizeof text, "CREATE SCHEMA %s", test_schema);
    snprintf(test_address, sizeof test_address, "%s options='-c search_path=%s'", getenv("GX_TEST_POSTGRES"),
             test_schema);
    return test_sql(text) ? test_address : NULL;
}

static void test_drop_address(void)
{
    char text[120];
    snprintf(text, sizeof text, "SET client_min_messages = warning; DROP SCHEMA %s CASCADE", test_schema);
    if (test_is_on_postgres())
        test_sql(text);
}

#endif
