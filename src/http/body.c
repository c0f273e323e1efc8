/* Bodies: JSON is gathered in the exchange's arena; an upload goes to a temporary file piece by piece, hashed
 * on the way. */
#include "http/internal.h"
#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool gx_upload_begin(exchange *e)
{
    char id[GX_ID_SIZE];
    gx_random_id(id);
    e->request.upload_path = gx_format(&e->arena, "%s/%s.part", e->server->options.upload_folder, id).bytes;
    e->upload_file = open(e->request.upload_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    e->upload_digest = EVP_MD_CTX_new();
    if (e->upload_file < 0 || !e->upload_digest ||
        EVP_DigestInit_ex(e->upload_digest, EVP_sha256(), NULL) != 1)
        return gx_fail(&e->error, errno == ENOSPC ? "db.full" : "base.file.write",
                       gx_text_of(strerror(errno)));
    return true;
}

static void write_piece(exchange *e, const char *bytes, size_t size)
{
    EVP_DigestUpdate(e->upload_digest, bytes, size);
    for (size_t done = 0; done < size;) {
        ssize_t count = write(e->upload_file, bytes + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            gx_exchange_fail_and_close(e, errno == ENOSPC ? "db.full" : "base.file.write",
                                       gx_text_of(strerror(errno)));
            return;
        }
        done += (size_t)count;
    }
    e->request.upload_size += size;
}

void gx_body_take(exchange *e, const char *bytes, size_t size)
{
    char figure[24];
    size_t before = e->upload_digest ? e->request.upload_size : e->body.size;
    if (size > e->body_most - before)
        gx_exchange_fail_and_close(e, "http.body.large", gx_error_int(figure, (int64_t)e->body_most));
    else if (e->upload_digest)
        write_piece(e, bytes, size);
    else
        gx_buffer_bytes(&e->body, bytes, size);
}

static bool finish_upload(exchange *e)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char *hex = gx_alloc(&e->arena, DIGEST_HEX);
    EVP_DigestFinal_ex(e->upload_digest, digest, &size);
    for (unsigned int i = 0; i < size; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    e->request.upload_sha256 = (gx_text){hex, DIGEST_HEX - 1};
    bool is_synced = fsync(e->upload_file) == 0;
    close(e->upload_file);
    e->upload_file = -1;
    return is_synced || gx_fail(&e->error, "base.file.write", gx_text_of(strerror(errno)));
}

static bool is_json(gx_text type)
{
    gx_text parameters, essence = gx_text_trim(gx_text_cut(type, ';', &parameters));
    return essence.size == 16 && strncasecmp(essence.bytes, "application/json", 16) == 0;
}

bool gx_body_finish(exchange *e)
{
    if (e->upload_digest)
        return finish_upload(e);
    e->request.body = gx_buffer_as_text(&e->body);
    if (e->request.body.size == 0 || e->is_head || gx_text_equal(e->request.method, GX_TEXT("GET")))
        return true;
    gx_text type = gx_request_header(&e->request, "Content-Type");
    if (!type.bytes || !is_json(type))
        return gx_fail(&e->error, "http.body.type");
    e->request.json = gx_json_parse(&e->arena, e->request.body, (gx_text){"", 0}, &e->error);
    return e->request.json != NULL;
}
