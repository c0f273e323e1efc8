/* seal/seal.h: digests and signatures of permits, letters and the audit chain.
 * Two algorithms side by side: Ed25519 (RFC 8032) and SM2 with SM3 (GB/T 32918, 32905) with the standard's default signer id.
 * Keys are PKCS#8 files in the data folder, made at the first start, readable by the owner alone. Old public keys stay valid for
 * checking for ever: a retired key is a file named by its key id. What this does satisfies the algorithms of the national profile,
 * not its certification.
 * An opened key set is immutable; any number of threads may sign and check with it. */
#ifndef GX_SEAL_SEAL_H
#define GX_SEAL_SEAL_H

#include "base/arena.h"

typedef enum gx_seal_algorithm { GX_SEAL_ED25519, GX_SEAL_SM2, GX_SEAL_ALGORITHM_COUNT } gx_seal_algorithm;
typedef struct gx_seal gx_seal;

enum { GX_SEAL_SIGNATURE_MOST = 80, GX_DIGEST_SIZE = 32, GX_DIGEST_HEX_SIZE = 65, GX_SEAL_KEY_ID_SIZE = 17 };

/* Reads FOLDER/seal-ed25519.pem and FOLDER/seal-sm2.pem; makes those that are missing. NULL with an error when a file is broken
 * or the folder cannot be written. */
gx_seal *gx_seal_open(const char *folder, gx_error *error);
void gx_seal_close(gx_seal *seal); /* NULL is allowed */

/* "Ed25519" or "SM2-SM3". */
const char *gx_seal_algorithm_name(gx_seal_algorithm algorithm);
/* 16 hex digits: the beginning of the SHA-256 of the public key (SubjectPublicKeyInfo). Lives as long as the seal. */
const char *gx_seal_key_id(const gx_seal *seal, gx_seal_algorithm algorithm);
/* The public key as PEM, for offline checkers; in `arena`. */
gx_text gx_seal_public_key(gx_arena *arena, const gx_seal *seal, gx_seal_algorithm algorithm);

/* Signs; the signature is base64 without line ends, in `arena`. False only when the library fails. */
bool gx_seal_sign(gx_arena *arena, const gx_seal *seal, gx_seal_algorithm algorithm, gx_text message, gx_text *signature,
                  gx_error *error);
/* Whether the base64 signature is one of this message by this key. Anything malformed is simply not valid. */
bool gx_seal_is_valid(const gx_seal *seal, gx_seal_algorithm algorithm, gx_text message, gx_text signature);

/* Digests. The hex form has 64 lower-case digits and a zero byte. */
void gx_sha256(gx_text message, uint8_t digest[GX_DIGEST_SIZE]);
void gx_sm3(gx_text message, uint8_t digest[GX_DIGEST_SIZE]);
gx_text gx_hex(const uint8_t *bytes, size_t size, char *buffer); /* writes 2 * size + 1 bytes */

/* Sealing a file: one line behind the content, "%GXSEAL1 KEYID ED25519 KEYID SM2\n", signatures over the content's bytes. The line is a comment
 * in PDF, and short enough (under 1,024 bytes) for readers that look for "%%EOF" at the end. */
bool gx_seal_append(gx_arena *arena, const gx_seal *seal, gx_text content, gx_text *sealed, gx_error *error);
typedef struct gx_seal_check {
    bool has_seal;                            /* the last line is a seal */
    bool is_ours[GX_SEAL_ALGORITHM_COUNT];    /* the key id is that of this key */
    bool is_valid[GX_SEAL_ALGORITHM_COUNT];
    gx_text content;                          /* what was sealed; borrowed */
} gx_seal_check;
gx_seal_check gx_seal_examine(const gx_seal *seal, gx_text sealed);

#endif
