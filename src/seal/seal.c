#include "seal/seal.h"
#include "base/file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name, *file, *key_type, *digest;
} algorithms[GX_SEAL_ALGORITHM_COUNT] = {
    [GX_SEAL_ED25519] = {"Ed25519", "seal-ed25519.pem", "ED25519", NULL},
    [GX_SEAL_SM2] = {"SM2-SM3", "seal-sm2.pem", "SM2", "SM3"},
};

static const char signer_id[] = "1234567812345678"; /* GB/T 35276, the default when none is agreed */

struct gx_seal {
    EVP_PKEY *keys[GX_SEAL_ALGORITHM_COUNT];
    char key_ids[GX_SEAL_ALGORITHM_COUNT][GX_SEAL_KEY_ID_SIZE];
};

static bool fail_library(gx_error *error, const char *what)
{
    char reason[120];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    return gx_fail(error, "seal.library", gx_text_of(what), gx_text_of(reason));
}

static bool save_key(EVP_PKEY *key, const char *path, gx_error *error)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    bool saved = memory && PEM_write_bio_PKCS8PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (!saved)
        fail_library(error, path);
    long size = saved ? BIO_get_mem_data(memory, &bytes) : 0;
    saved = saved && gx_file_write(path, (gx_text){bytes, (size_t)size}, error); /* made with mode 0600 */
    if (bytes)
        OPENSSL_cleanse(bytes, (size_t)size);
    BIO_free(memory);
    return saved;
}

static EVP_PKEY *open_key(const char *path, const char *key_type, gx_error *error)
{
    EVP_PKEY *key = NULL;
    if (!gx_file_exists(path)) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, key_type);
        if (!key)
            fail_library(error, path);
        else if (!save_key(key, path, error)) {
            EVP_PKEY_free(key);
            key = NULL;
        }
        return key;
    }
    FILE *file = fopen(path, "re");
    key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (file)
        fclose(file);
    if (!key)
        fail_library(error, path);
    else if (!EVP_PKEY_is_a(key, key_type)) {
        EVP_PKEY_free(key);
        key = NULL;
        gx_fail(error, "seal.key.type", gx_text_of(path), gx_text_of(key_type));
    }
    return key;
}

static bool name_key(EVP_PKEY *key, char key_id[GX_SEAL_KEY_ID_SIZE], gx_error *error)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    if (size <= 0)
        return fail_library(error, "public key");
    uint8_t digest[GX_DIGEST_SIZE];
    gx_sha256((gx_text){(const char *)der, (size_t)size}, digest);
    gx_hex(digest, (GX_SEAL_KEY_ID_SIZE - 1) / 2, key_id);
    OPENSSL_free(der);
    return true;
}

gx_seal *gx_seal_open(const char *folder, gx_error *error)
{
    gx_seal *seal = calloc(1, sizeof *seal);
    if (!seal) {
        gx_fail(error, "base.memory", GX_TEXT("0"));
        return NULL;
    }
    for (size_t i = 0; i < GX_SEAL_ALGORITHM_COUNT; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, algorithms[i].file);
        seal->keys[i] = open_key(path, algorithms[i].key_type, error);
        if (!seal->keys[i] || !name_key(seal->keys[i], seal->key_ids[i], error)) {
            gx_seal_close(seal);
            return NULL;
        }
    }
    return seal;
}

void gx_seal_close(gx_seal *seal)
{
    for (size_t i = 0; seal && i < GX_SEAL_ALGORITHM_COUNT; i++)
        EVP_PKEY_free(seal->keys[i]);
    free(seal);
}

const char *gx_seal_algorithm_name(gx_seal_algorithm algorithm)
{
    return algorithms[algorithm].name;
}

const char *gx_seal_key_id(const gx_seal *seal, gx_seal_algorithm algorithm)
{
    return seal->key_ids[algorithm];
}

gx_text gx_seal_public_key(gx_arena *arena, const gx_seal *seal, gx_seal_algorithm algorithm)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    long size = memory && PEM_write_bio_PUBKEY(memory, seal->keys[algorithm]) == 1 ? BIO_get_mem_data(memory, &bytes) : 0;
    gx_text text = gx_copy(arena, (gx_text){bytes, (size_t)size});
    BIO_free(memory);
    return text;
}

/* A digest context ready for one signing or checking, or NULL. Ed25519 hashes by itself; SM2 needs the signer's id. */
static EVP_MD_CTX *begin(const gx_seal *seal, gx_seal_algorithm algorithm, bool is_signing)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    const char *digest = algorithms[algorithm].digest;
    EVP_PKEY *key = seal->keys[algorithm];
    int done = !context ? 0
               : is_signing ? EVP_DigestSignInit_ex(context, &key_context, digest, NULL, NULL, key, NULL)
                            : EVP_DigestVerifyInit_ex(context, &key_context, digest, NULL, NULL, key, NULL);
    if (done == 1 && algorithm == GX_SEAL_SM2)
        done = EVP_PKEY_CTX_set1_id(key_context, signer_id, (int)sizeof signer_id - 1);
    if (done == 1)
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

bool gx_seal_sign(gx_arena *arena, const gx_seal *seal, gx_seal_algorithm algorithm, gx_text message, gx_text *signature,
                  gx_error *error)
{
    unsigned char raw[GX_SEAL_SIGNATURE_MOST];
    size_t size = sizeof raw;
    EVP_MD_CTX *context = begin(seal, algorithm, true);
    bool is_signed = context && EVP_DigestSign(context, raw, &size, (const unsigned char *)message.bytes, message.size) == 1;
    EVP_MD_CTX_free(context);
    if (!is_signed)
        return fail_library(error, algorithms[algorithm].name);
    char *text = gx_alloc(arena, (size + 2) / 3 * 4 + 1);
    *signature = (gx_text){text, (size_t)EVP_EncodeBlock((unsigned char *)text, raw, (int)size)};
    return true;
}

bool gx_seal_is_valid(const gx_seal *seal, gx_seal_algorithm algorithm, gx_text message, gx_text signature)
{
    unsigned char raw[GX_SEAL_SIGNATURE_MOST + 3];
    if (signature.size == 0 || signature.size % 4 != 0 || signature.size / 4 * 3 > sizeof raw)
        return false;
    int size = EVP_DecodeBlock(raw, (const unsigned char *)signature.bytes, (int)signature.size);
    for (size_t i = signature.size; i > 0 && signature.bytes[i - 1] == '='; i--)
        size--; /* EVP_DecodeBlock counts the padding */
    if (size <= 0)
        return false;
    char again[(GX_SEAL_SIGNATURE_MOST + 3) / 3 * 4 + 8]; /* one spelling only: base64 leaves bits over */
    if ((size_t)EVP_EncodeBlock((unsigned char *)again, raw, size) != signature.size ||
        memcmp(again, signature.bytes, signature.size) != 0)
        return false;
    EVP_MD_CTX *context = begin(seal, algorithm, false);
    bool is_valid = context && EVP_DigestVerify(context, raw, (size_t)size, (const unsigned char *)message.bytes, message.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return is_valid;
}

static void digest_with(const char *name, gx_text message, uint8_t digest[GX_DIGEST_SIZE])
{
    size_t size = 0;
    if (EVP_Q_digest(NULL, name, NULL, message.bytes, message.size, digest, &size) != 1 || size != GX_DIGEST_SIZE)
        abort(); /* both digests are part of every OpenSSL 3 default provider */
}

void gx_sha256(gx_text message, uint8_t digest[GX_DIGEST_SIZE])
{
    digest_with("SHA256", message, digest);
}

void gx_sm3(gx_text message, uint8_t digest[GX_DIGEST_SIZE])
{
    digest_with("SM3", message, digest);
}

gx_text gx_hex(const uint8_t *bytes, size_t size, char *buffer)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        buffer[2 * i] = digits[bytes[i] >> 4];
        buffer[2 * i + 1] = digits[bytes[i] & 15];
    }
    buffer[2 * size] = 0;
    return (gx_text){buffer, 2 * size};
}

static const char seal_word[] = "%GXSEAL1";

bool gx_seal_append(gx_arena *arena, const gx_seal *seal, gx_text content, gx_text *sealed, gx_error *error)
{
    gx_text signatures[GX_SEAL_ALGORITHM_COUNT];
    for (gx_seal_algorithm i = 0; i < GX_SEAL_ALGORITHM_COUNT; i++)
        if (!gx_seal_sign(arena, seal, i, content, &signatures[i], error))
            return false;
    gx_text line = gx_format(arena, "%s %s %s %s %s\n", seal_word, seal->key_ids[GX_SEAL_ED25519],
                             signatures[GX_SEAL_ED25519].bytes, seal->key_ids[GX_SEAL_SM2], signatures[GX_SEAL_SM2].bytes);
    *sealed = gx_join(arena, (const gx_text[]){content, line}, 2, (gx_text){"", 0});
    return true;
}

gx_seal_check gx_seal_examine(const gx_seal *seal, gx_text sealed)
{
    gx_seal_check check = {.content = sealed};
    if (sealed.size == 0 || sealed.bytes[sealed.size - 1] != '\n')
        return check;
    size_t start = sealed.size - 1;
    while (start > 0 && sealed.bytes[start - 1] != '\n')
        start--;
    gx_text rest = gx_text_slice(sealed, start, sealed.size - 1);
    if (!gx_text_equal(gx_text_cut(rest, ' ', &rest), gx_text_of(seal_word)))
        return check;
    check.has_seal = true;
    check.content = gx_text_slice(sealed, 0, start);
    for (gx_seal_algorithm i = 0; i < GX_SEAL_ALGORITHM_COUNT; i++) {
        gx_text key_id = gx_text_cut(rest, ' ', &rest);
        gx_text signature = gx_text_cut(rest, ' ', &rest);
        check.is_ours[i] = gx_text_equal(key_id, gx_text_of(seal->key_ids[i]));
        check.is_valid[i] = check.is_ours[i] && gx_seal_is_valid(seal, i, check.content, signature);
    }
    if (rest.bytes) /* something stands behind the last signature */
        for (size_t i = 0; i < GX_SEAL_ALGORITHM_COUNT; i++)
            check.is_valid[i] = false;
    return check;
}
