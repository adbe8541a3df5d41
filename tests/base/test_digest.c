#include <string.h>

#include "base/digest.h"
#include "tap.h"

int main(void)
{
    struct lac_digest g;
    unsigned char out[64];
    char hex[129], text[LAC_DIGEST_TEXT], other[LAC_DIGEST_TEXT];
    lac_digest_begin(&g, 64);
    lac_digest_add(&g, "a", 1);
    lac_digest_add(&g, NULL, 0);
    lac_digest_add(&g, "bc", 2);
    lac_digest_end(&g, out);
    sodium_bin2hex(hex, sizeof hex, out, sizeof out);
    tap_ok(strcmp(hex, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                       "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923") == 0,
           "abc, in pieces, has the digest of RFC 7693, appendix A");
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "a");
    lac_digest_add_text(&g, "bc");
    lac_digest_end_text(&g, text);
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "ab");
    lac_digest_add_text(&g, "c");
    lac_digest_end_text(&g, other);
    tap_ok(strlen(text) == 64 && strcmp(text, other) != 0, "texts do not run into each other");
    return tap_done();
}
