#include "net/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, WHOLE_MS = 15000, ANSWER_MOST = 65536, URL_MOST = 2000 };

typedef struct exchange {
    struct exchange *next;
    const gx_address_rule *rule;
    gx_http_post *post;
    CURL *handle;
    struct curl_slist *headers;
    size_t answered; /* bytes of the answer's body, which nobody reads */
    bool was_closed; /* a connection would have led to a closed address */
    char problem[CURL_ERROR_SIZE];
} exchange;

struct gx_http_client {
    CURLM *all;
    gx_address_rule rule;
    exchange *running;
    gx_http_post *failed; /* could not even begin */
};

gx_http_client *gx_http_client_open(const gx_address_rule *rule)
{
    gx_http_client *client = calloc(1, sizeof *client);
    curl_global_init(CURL_GLOBAL_DEFAULT); /* counts; once is enough, and the process ends with it */
    if (client)
        client->rule = *rule;
    if (client && !(client->all = curl_multi_init())) {
        free(client);
        return NULL;
    }
    return client;
}

static void release(gx_http_client *client, exchange *e)
{
    for (exchange **link = &client->running; *link; link = &(*link)->next)
        if (*link == e) {
            *link = e->next;
            break;
        }
    if (e->handle) {
        curl_multi_remove_handle(client->all, e->handle);
        curl_easy_cleanup(e->handle);
    }
    curl_slist_free_all(e->headers);
    free(e);
}

void gx_http_client_close(gx_http_client *client)
{
    if (!client)
        return;
    while (client->running)
        release(client, client->running);
    curl_multi_cleanup(client->all);
    free(client);
}

/* ---- One exchange ---- */

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    exchange *e = context;
    (void)purpose;
    if (!gx_address_is_open(e->rule, &address->addr)) {
        e->was_closed = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
    exchange *e = context;
    (void)bytes;
    e->answered += size * count;
    return e->answered > ANSWER_MOST ? 0 : size * count; /* 0 ends it; the status is known */
}

static bool set_up(exchange *e)
{
    CURL *h = e->handle;
    const gx_http_post *post = e->post;
    for (const char *const *header = post->headers; *header; header++) {
        struct curl_slist *longer = curl_slist_append(e->headers, *header);
        if (!longer)
            return false;
        e->headers = longer;
    }
    return curl_easy_setopt(h, CURLOPT_URL, post->url) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK && /* whatever the environment says */
           curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)WHOLE_MS) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_HTTPHEADER, e->headers) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.size) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_POSTFIELDS, post->body.bytes) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, e) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_answer) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_WRITEDATA, e) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_ERRORBUFFER, e->problem) == CURLE_OK &&
           curl_easy_setopt(h, CURLOPT_PRIVATE, e) == CURLE_OK;
}

void gx_http_client_begin(gx_http_client *client, gx_http_post *post)
{
    exchange *e = calloc(1, sizeof *e);
    post->status = 0;
    post->retry_after_s = 0;
    post->problem[0] = 0;
    if (e) {
        *e = (exchange){.rule = &client->rule, .post = post, .handle = curl_easy_init()};
        if (e->handle && set_up(e) && curl_multi_add_handle(client->all, e->handle) == CURLM_OK) {
            e->next = client->running;
            client->running = e;
            return;
        }
        release(client, e);
    }
    snprintf(post->problem, sizeof post->problem, "it could not be begun");
    post->next = client->failed;
    client->failed = post;
}

static gx_http_post *finish(gx_http_client *client, CURL *handle, CURLcode code)
{
    exchange *e = NULL;
    long status = 0;
    curl_off_t wait = 0;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &e);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &wait);
    gx_http_post *post = e->post;
    bool has_answer = code == CURLE_OK || (code == CURLE_WRITE_ERROR && e->answered > ANSWER_MOST);
    post->status = has_answer ? (int)status : 0;
    post->retry_after_s = has_answer ? (int64_t)wait : 0;
    if (!has_answer)
        snprintf(post->problem, sizeof post->problem, "%.150s",
                 e->was_closed   ? "the address leads into the house or is reserved"
                 : e->problem[0] ? e->problem
                                 : curl_easy_strerror(code));
    release(client, e);
    return post;
}

size_t gx_http_client_wait(gx_http_client *client, int ms, gx_http_post **done, size_t most)
{
    size_t count = 0;
    int running, left;
    for (; client->failed && count < most; client->failed = client->failed->next)
        done[count++] = client->failed;
    curl_multi_perform(client->all, &running);
    CURLMsg *message = NULL;
    for (int round = 0; round < 2; round++) {
        while (count < most && (message = curl_multi_info_read(client->all, &left)))
            if (message->msg == CURLMSG_DONE)
                done[count++] = finish(client, message->easy_handle, message->data.result);
        if (count || round)
            break;
        curl_multi_poll(client->all, NULL, 0, ms, NULL);
        curl_multi_perform(client->all, &running);
    }
    return count;
}

void gx_http_client_wake(gx_http_client *client)
{
    curl_multi_wakeup(client->all);
}

/* ---- Addresses people write ---- */

static bool is_fit(CURLU *parts, const gx_address_rule *rule, gx_text url, gx_error *error)
{
    char *scheme = NULL, *host = NULL, *user = NULL, *fragment = NULL;
    bool is_url = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                  curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                  (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0);
    bool has_more = curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK ||
                    curl_url_get(parts, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_OK;
    bool is_open = is_url && gx_address_may_be_open(rule, gx_text_of(host));
    if (!is_url || has_more)
        gx_fail_at(error, "net.url", ((gx_place){GX_TEXT("/url"), 0, 0}), url);
    else if (!is_open)
        gx_fail_at(error, "net.url.closed", ((gx_place){GX_TEXT("/url"), 0, 0}), gx_text_of(host));
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_free(fragment);
    return is_url && !has_more && is_open;
}

bool gx_http_check_url(const gx_address_rule *rule, gx_text url, gx_error *error)
{
    char text[URL_MOST + 1];
    CURLU *parts = url.size && url.size < sizeof text && !memchr(url.bytes, 0, url.size) ? curl_url() : NULL;
    bool is_url = false;
    if (parts) {
        memcpy(text, url.bytes, url.size);
        text[url.size] = 0;
        is_url = curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK;
    }
    bool is_right = is_url ? is_fit(parts, rule, url, error)
                           : gx_fail_at(error, "net.url", ((gx_place){GX_TEXT("/url"), 0, 0}), url);
    curl_url_cleanup(parts);
    return is_right;
}
