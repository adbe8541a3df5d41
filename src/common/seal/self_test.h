/* Whether libsodium, as it is on this machine, computes what is published. */
#ifndef LAC_SEAL_SELF_TEST_H
#define LAC_SEAL_SELF_TEST_H

#include "base/status.h"

/* BLAKE2b (RFC 7693, appendix A), ChaCha20-Poly1305 (RFC 8439, 2.8.2), AES-256-GCM where the processor has it; and a changed
   bit is found out. LAC_E_SECURITY: it does not, and nothing may be sealed here. */
lac_status lac_seal_self_test(void) LAC_MUST_CHECK;

#endif
