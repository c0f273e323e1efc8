#include "http/internal.h"
#include "base/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: "
                             "data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
                             "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
                             "'none'; require-trusted-types-for 'script'";

static const struct {
    const char *name, *value;
} security_headers[] = {
    {"Content-Security-Policy", policy},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
    {"Strict-Transport-Security", "max-age=31536000"},
};

void gx_reply_begin(gx_reply *reply, gx_arena *arena)
{
    *reply = (gx_reply){
        .status = 200, .content_type = "application/json; charset=utf-8", .body = gx_buffer_in(arena)};
    reply->out = gx_json_out_to(&reply->body);
}

void gx_reply_header(gx_reply *reply, const char *name, gx_text value)
{
    if (reply->header_count < GX_COUNT_OF(reply->headers))
        reply->headers[reply->header_count++] = (struct gx_reply_header){name, value};
}

void gx_reply_version(gx_request *request, gx_reply *reply, int64_t version)
{
    gx_reply_header(reply, "ETag", gx_format(request->arena, "\"%lld\"", (long long)version));
}

void gx_reply_wait(gx_reply *reply, gx_wait *wait)
{
    reply->wait = wait;
}

void gx_reply_value(gx_reply *reply, const gx_json *value)
{
    gx_json_out_value(&reply->out, value);
}

static const char *title_of(int status, gx_language language)
{
    static const struct {
        int status;
        const char *titles[2];
    } known[] = {
        {400, {"请求不合法", "Bad request"}},
        {401, {"请先登录", "Sign in first"}},
        {403, {"没有权限", "Not allowed"}},
        {404, {"没有找到", "Not found"}},
        {405, {"不支持的方法", "Method not allowed"}},
        {409, {"与当前状态冲突", "Conflict"}},
        {412, {"内容已被他人修改", "Changed by someone else"}},
        {413, {"内容过大", "Too large"}},
        {414, {"地址过长", "Address too long"}},
        {415, {"不支持的内容类型", "Unsupported content type"}},
        {422, {"内容不符合要求", "Cannot be processed"}},
        {428, {"需要版本号", "Version required"}},
        {429, {"请求过于频繁", "Too many requests"}},
        {431, {"请求头过大", "Headers too large"}},
        {503, {"系统繁忙", "Busy"}},
        {507, {"存储空间不足", "Storage full"}},
    };
    for (size_t i = 0; i < GX_COUNT_OF(known); i++)
        if (known[i].status == status)
            return known[i].titles[language];
    return language == GX_LANGUAGE_ZH ? "系统错误" : "Internal error";
}

void gx_reply_problem(gx_request *request, gx_reply *reply, const gx_error *error)
{
    char sentence[800];
    int status = gx_error_status(error);
    gx_reply_begin(reply, request->arena);
    reply->status = status;
    const gx_server *server = request->server;
    if (server && server->options.write_problem && server->options.write_problem(request, reply, error))
        return;
    reply->content_type = "application/problem+json; charset=utf-8";
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(
        out, "type",
        gx_format(request->arena, "urn:gaoxing:error:%s", error->code ? error->code : "unknown"));
    gx_json_out_member_text(out, "title", gx_text_of(title_of(status, request->language)));
    gx_json_out_member_int(out, "status", status);
    bool is_internal = status >= 500 && status != 503 && status != 507; /* details are for the log */
    if (!is_internal) {
        gx_json_out_member_text(
            out, "detail",
            gx_text_of(gx_error_sentence(error, request->language, sentence, sizeof sentence)));
        gx_json_out_member_text(out, "code", gx_text_of(error->code ? error->code : "unknown"));
    }
    if (!is_internal && (error->path[0] || error->line)) {
        gx_json_out_name(out, "errors");
        gx_json_out_begin(out, '[');
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "pointer", gx_text_of(error->path));
        gx_json_out_member_text(out, "detail", gx_text_of(sentence));
        if (error->line) {
            gx_json_out_member_int(out, "line", error->line);
            gx_json_out_member_int(out, "column", error->column);
        }
        gx_json_out_end(out, '}');
        gx_json_out_end(out, ']');
    }
    gx_json_out_member_text(out, "requestId", request->request_id);
    gx_json_out_end(out, '}');
    if (status == 429 || status == 503)
        gx_reply_header(reply, "Retry-After", GX_TEXT("2"));
}

/* A header value must be one line whatever it came from. */
static const char *one_line(gx_arena *arena, gx_text value)
{
    char *copy = gx_copy_string(arena, value);
    for (char *at = copy; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = ' ';
    return copy;
}

static struct MHD_Response *asset_response(exchange *e, size_t *size)
{
    const gx_asset *asset = e->asset;
    gx_text known = gx_request_header(&e->request, "If-None-Match");
    bool is_known = known.bytes && gx_text_equal(known, gx_text_of(asset->etag));
    if (is_known)
        e->reply.status = 304;
    *size = is_known ? 0 : asset->size;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(*size, (void *)(uintptr_t)asset->bytes, MHD_RESPMEM_PERSISTENT);
    if (response && !is_known) {
        MHD_add_response_header(response, "Content-Encoding", "gzip");
        MHD_add_response_header(response, "Content-Type", asset->mime);
    }
    if (!response)
        return NULL;
    MHD_add_response_header(response, "ETag", asset->etag);
    MHD_add_response_header(response, "Vary", "Accept-Encoding");
    MHD_add_response_header(response, "Cache-Control",
                            asset->is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
    return response;
}

static struct MHD_Response *file_response(exchange *e, size_t *size)
{
    struct stat status;
    int file = open(e->reply.file_path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0) {
        if (file >= 0)
            close(file);
        return NULL;
    }
    *size = (size_t)status.st_size;
    struct MHD_Response *response = MHD_create_response_from_fd64(*size, file);
    if (!response)
        close(file);
    return response;
}

void gx_reply_secure(struct MHD_Response *response, bool has_own_policy)
{
    for (size_t i = has_own_policy ? 1 : 0; i < GX_COUNT_OF(security_headers); i++)
        MHD_add_response_header(response, security_headers[i].name, security_headers[i].value);
}

/* The exchange, and with it the body, lives until the answer has been sent. */
static struct MHD_Response *body_response(exchange *e, size_t *size)
{
    struct MHD_Response *response = NULL;
    if (e->reply.file_path && !(response = file_response(e, size))) {
        gx_fail(&e->error, "base.file.read", GX_TEXT("-"));
        gx_reply_problem(&e->request, &e->reply, &e->error);
    }
    if (!response) {
        *size = e->reply.body.size;
        response = MHD_create_response_from_buffer(*size, e->reply.body.bytes, MHD_RESPMEM_PERSISTENT);
    }
    if (response && (e->reply.body.size || e->reply.file_path))
        MHD_add_response_header(response, "Content-Type", e->reply.content_type);
    return response;
}

struct MHD_Response *gx_reply_make(exchange *e, size_t *size)
{
    bool is_asset = e->asset && !e->has_failed, has_own_policy = false, has_cache_rule = is_asset;
    struct MHD_Response *response = is_asset ? asset_response(e, size) : body_response(e, size);
    if (!response)
        return NULL;
    for (size_t i = 0; i < e->reply.header_count; i++) {
        const struct gx_reply_header *header = &e->reply.headers[i];
        MHD_add_response_header(response, header->name, one_line(&e->arena, header->value));
        has_own_policy |= strcmp(header->name, "Content-Security-Policy") == 0;
        has_cache_rule |= strcmp(header->name, "Cache-Control") == 0;
    }
    gx_reply_secure(response, has_own_policy);
    if (!has_cache_rule)
        MHD_add_response_header(response, "Cache-Control", "no-store");
    if (e->request.request_id.bytes)
        MHD_add_response_header(response, "X-Request-Id", e->request.request_id.bytes);
    if (e->must_close)
        MHD_add_response_header(response, "Connection", "close");
    return response;
}
