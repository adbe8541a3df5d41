/* Which site of a roster each identity is, for scripts: find_sites ROSTER IDENTITY... prints "NUMBER NAME" a line. */
#include <inttypes.h>
#include <stdio.h>

#include "seal/identity.h"
#include "seal/secret.h"

static lac_status find(const char *path, const struct lac_roster *r, const char *key)
{
    struct lac_identity *me;
    uint32_t number;
    LAC_TRY(lac_secret_new(sizeof *me, &me));
    lac_status status = lac_identity_read(key, me);
    if (status == LAC_OK) {
        status = lac_roster_find(r, path, &me->site, &number);
    }
    if (status == LAC_OK) {
        printf("%" PRIu32 " %s\n", number, r->site[number].name);
    }
    lac_secret_free(me);
    return status;
}

int main(int argc, char **argv)
{
    struct lac_arena a = {0};
    struct lac_roster r;
    if (argc < 2) {
        fprintf(stderr, "usage: find_sites ROSTER IDENTITY...\n");
        return 2;
    }
    lac_status status = lac_secrets_begin();
    if (status == LAC_OK) {
        status = lac_roster_read(argv[1], &r, &a);
    }
    for (int i = 2; i < argc && status == LAC_OK; i++) {
        status = find(argv[1], &r, argv[i]);
    }
    if (status != LAC_OK) {
        fprintf(stderr, "%s\n", lac_failure());
    }
    lac_arena_free(&a);
    return lac_exit_code(status);
}
