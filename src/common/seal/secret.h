/*
 * Memory for keys: libsodium's guarded pages, locked where the system lets us, left out of core dumps, wiped when
 * they are given back.
 */
#ifndef LAC_SEAL_SECRET_H
#define LAC_SEAL_SECRET_H

#include <stddef.h>

#include "base/status.h"

/* Before the first key: starts libsodium, and forbids core dumps of this process and its children. */
lac_status lac_secrets_begin(void) LAC_MUST_CHECK;
/* Zeroed; aligned as its size divides, so that a multiple of 64 is at one. */
lac_status lac_secret_new(size_t bytes, void *secret) LAC_MUST_CHECK;
/* Wiped; NULL does no harm. */
void lac_secret_free(void *secret);

#endif
