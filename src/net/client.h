/* net/client.h: requests to others, a few at a time, by one thread. libcurl does it; what is ours is to whom
 * it may connect (net/address.h, asked for every connection, so that a name which leads into the house is
 * refused whenever it does), that no redirect is followed, and that nothing takes longer than it may. */
#ifndef GX_NET_CLIENT_H
#define GX_NET_CLIENT_H

#include "net/address.h"

typedef struct gx_http_client gx_http_client;

typedef struct gx_http_post {
    const char *url;
    const char *const *headers; /* "name: value", ends with NULL */
    gx_text body;
    void *context; /* the caller's */
    /* Filled in when it is done: */
    int status;                /* 0: no answer */
    int64_t retry_after_s;     /* what the answer asks for; 0: nothing */
    char problem[160];         /* why there was no answer, in English, or empty */
    struct gx_http_post *next; /* the client's own */
} gx_http_post;

/* `rule` is copied. NULL when memory is short. */
gx_http_client *gx_http_client_open(const gx_address_rule *rule);
/* What is on its way is broken off and not told of. NULL is allowed. */
void gx_http_client_close(gx_http_client *client);

/* Begins; the post and all it points at must live until gx_http_client_wait gives it back, which it does
 * once. */
void gx_http_client_begin(gx_http_client *client, gx_http_post *post);
/* Waits until something is done or the time is over or gx_http_client_wake was called; gives at most `most`
 * posts that are done. */
size_t gx_http_client_wait(gx_http_client *client, int ms, gx_http_post **done, size_t most);
/* From any thread. */
void gx_http_client_wake(gx_http_client *client);

/* "http" or "https", a host that may be open, no name or password in it. "net.url" with the reason. */
bool gx_http_check_url(const gx_address_rule *rule, gx_text url, gx_error *error);

#endif
