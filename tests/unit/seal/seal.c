/* Digests are those of the standards' own examples (FIPS 180-4, GB/T 32905 example 1). */
#include "seal/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static gx_arena arena;
static gx_seal *seal;
static char folder[] = "/tmp/gx-seal-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    gx_error error = {0};
    arena = gx_arena_of(1 << 24);
    assert_non_null(mkdtemp(folder));
    seal = gx_seal_open(folder, &error);
    assert_non_null(seal);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"seal-ed25519.pem", "seal-sm2.pem"};
    for (size_t i = 0; i < GX_COUNT_OF(names); i++)
        unlink(gx_format(&arena, "%s/%s", folder, names[i]).bytes);
    rmdir(folder);
    gx_seal_close(seal);
    gx_arena_release(&arena);
    return 0;
}

static void digests_are_those_of_the_standards(void **state)
{
    (void)state;
    uint8_t digest[GX_DIGEST_SIZE];
    char hex[GX_DIGEST_HEX_SIZE];
    gx_sha256(GX_TEXT("abc"), digest);
    assert_string_equal(gx_hex(digest, sizeof digest, hex).bytes,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    gx_sm3(GX_TEXT("abc"), digest);
    assert_string_equal(gx_hex(digest, sizeof digest, hex).bytes,
                        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

static void both_algorithms_sign_and_check(void **state)
{
    (void)state;
    for (gx_seal_algorithm i = 0; i < GX_SEAL_ALGORITHM_COUNT; i++) {
        gx_text signature;
        gx_error error = {0};
        assert_true(gx_seal_sign(&arena, seal, i, GX_TEXT("permit"), &signature, &error));
        assert_true(gx_seal_is_valid(seal, i, GX_TEXT("permit"), signature));
        assert_false(gx_seal_is_valid(seal, i, GX_TEXT("permiT"), signature));
        assert_false(gx_seal_is_valid(seal, i, GX_TEXT("permit"), (gx_text){"", 0}));
        assert_false(gx_seal_is_valid(seal, i, GX_TEXT("permit"), GX_TEXT("AAAA")));
    }
}

static void any_changed_bit_of_a_sealed_file_is_found(void **state)
{
    (void)state;
    gx_text sealed;
    gx_error error = {0};
    assert_true(gx_seal_append(&arena, seal, GX_TEXT("%PDF-1.5\nbody\n%%EOF\n"), &sealed, &error));
    gx_seal_check whole = gx_seal_examine(seal, sealed);
    assert_true(whole.has_seal && whole.is_valid[GX_SEAL_ED25519] && whole.is_valid[GX_SEAL_SM2]);
    char *copy = gx_copy_string(&arena, sealed);
    for (size_t i = 0; i < sealed.size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            copy[i] = (char)(copy[i] ^ (1 << bit));
            gx_seal_check check = gx_seal_examine(seal, (gx_text){copy, sealed.size});
            if (check.is_valid[GX_SEAL_ED25519] && check.is_valid[GX_SEAL_SM2])
                fail_msg("bit %d of byte %zu", bit, i);
            copy[i] = (char)(copy[i] ^ (1 << bit));
        }
    }
    for (size_t cut = 1; cut < sealed.size; cut++) {
        gx_seal_check check = gx_seal_examine(seal, gx_text_slice(sealed, 0, sealed.size - cut));
        assert_false(check.is_valid[GX_SEAL_ED25519] && check.is_valid[GX_SEAL_SM2]);
    }
}

static void keys_are_kept_private_and_reopened(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_seal *again = gx_seal_open(folder, &error);
    assert_non_null(again);
    gx_text signature;
    for (gx_seal_algorithm i = 0; i < GX_SEAL_ALGORITHM_COUNT; i++) {
        assert_string_equal(gx_seal_key_id(seal, i), gx_seal_key_id(again, i));
        assert_true(gx_seal_sign(&arena, seal, i, GX_TEXT("x"), &signature, &error));
        assert_true(gx_seal_is_valid(again, i, GX_TEXT("x"), signature));
        assert_true(gx_text_starts_with(gx_seal_public_key(&arena, seal, i), GX_TEXT("-----BEGIN PUBLIC KEY-----")));
    }
    gx_seal_close(again);
    struct stat status;
    assert_int_equal(stat(gx_format(&arena, "%s/seal-sm2.pem", folder).bytes, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_broken_key_file_is_an_error_that_names_it(void **state)
{
    (void)state;
    char other[] = "/tmp/gx-seal-XXXXXX";
    assert_non_null(mkdtemp(other));
    const char *path = gx_format(&arena, "%s/seal-ed25519.pem", other).bytes;
    FILE *file = fopen(path, "w");
    fputs("no key", file);
    fclose(file);
    gx_error error = {0};
    assert_null(gx_seal_open(other, &error));
    assert_string_equal(error.code, "seal.library");
    assert_non_null(strstr(error.parts[0], "seal-ed25519.pem"));
    unlink(path);
    rmdir(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standards),
        cmocka_unit_test(both_algorithms_sign_and_check),
        cmocka_unit_test(any_changed_bit_of_a_sealed_file_is_found),
        cmocka_unit_test(keys_are_kept_private_and_reopened),
        cmocka_unit_test(a_broken_key_file_is_an_error_that_names_it),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("seal", tests, set_up, tear_down);
}
