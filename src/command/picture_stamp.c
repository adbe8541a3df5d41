#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/picture_facts.h"

struct bytes {
    const char *at;
    size_t count;
};

static lac_status not_whole(const char *what)
{
    return LAC_FAIL(LAC_E_FAILED, "gnuplot failed: its %s is not whole, or of an unknown form",
                    what);
}

/* NULL: it has none. */
static const char *find(struct bytes in, const char *text)
{
    return memmem(in.at, in.count, text, strlen(text));
}

static const char *find_last(struct bytes in, const char *text)
{
    const char *last = NULL;
    for (const char *p = find(in, text); p; p = find(in, text)) {
        last = p;
        in.count -= (size_t)(p + 1 - in.at);
        in.at = p + 1;
    }
    return last;
}

static lac_status stamp_svg(struct bytes in, const char *facts, FILE *out)
{
    const char *begin = find(in, "<svg"), *last = find_last(in, "</svg>");
    const char *inside = begin ? memchr(begin, '>', in.count - (size_t)(begin - in.at)) : NULL;
    if (!inside || !last || last < inside) {
        return not_whole("SVG");
    }
    inside++;
    fwrite(in.at, 1, (size_t)(inside - in.at), out);
    fputs("\n<metadata>\n", out);
    for (const char *p = facts; *p; p++) {
        const char *entity = *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : *p == '&' ? "&amp;" : NULL;
        if (entity) {
            fputs(entity, out);
        } else {
            fputc(*p, out);
        }
    }
    fputs("</metadata>", out);
    fwrite(inside, 1, in.count - (size_t)(inside - in.at), out);
    return LAC_OK;
}

/* CRC-32 as PNG has it, ISO 3309. */
static uint32_t crc_add(uint32_t crc, const void *data, size_t count)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < count; i++) {
        crc ^= byte[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xEDB88320) : 0);
        }
    }
    return crc;
}

static void put_word(FILE *out, uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        fputc((int)(word >> shift & 0xFF), out);
    }
}

/* kind: four letters; the body is two parts. */
static void put_chunk(FILE *out, const char *kind, const void *a, size_t a_count, const void *b,
                      size_t b_count)
{
    uint32_t crc = crc_add(UINT32_MAX, kind, 4);
    crc = crc_add(crc_add(crc, a, a_count), b, b_count) ^ UINT32_MAX;
    put_word(out, (uint32_t)(a_count + b_count));
    fwrite(kind, 1, 4, out);
    fwrite(a, 1, a_count, out);
    fwrite(b, 1, b_count, out);
    put_word(out, crc);
}

static lac_status stamp_png(struct bytes in, const char *facts, double dots_per_inch, FILE *out)
{
    static const char end[] = "\0\0\0\0IEND\xae\x42\x60\x82", keyword[] = "Description";
    enum { HEAD = 8 + 25, END = sizeof end - 1 }; /* the signature and IHDR; IEND */
    if (in.count < HEAD + END || memcmp(in.at, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) != 0 ||
        memcmp(in.at + in.count - END, end, END) != 0) {
        return not_whole("PNG");
    }
    uint32_t dots = (uint32_t)(dots_per_inch / 0.0254 + 0.5); /* in a metre */
    unsigned char size[9] = {0, 0, 0, 0, 0, 0, 0, 0, 1};
    for (size_t i = 0; i < 8; i++) {
        size[i] = (unsigned char)(dots >> (24 - 8 * (i % 4)));
    }
    fwrite(in.at, 1, HEAD, out);
    put_chunk(out, "pHYs", size, sizeof size, "", 0);
    put_chunk(out, "tEXt", keyword, sizeof keyword, facts, strlen(facts));
    fwrite(in.at + HEAD, 1, in.count - HEAD, out);
    return LAC_OK;
}

/* In parentheses, where three characters need a backslash. */
static void put_pdf_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, "/%s (", key);
    for (const char *p = text; *p; p++) {
        fprintf(out, strchr("()\\", *p) ? "\\%c" : "%c", *p);
    }
    fputs(")\n", out);
}

/* The number behind the last such key; false where there is none. */
static bool number_after(struct bytes in, const char *key, unsigned long long *out)
{
    const char *p = find_last(in, key);
    size_t length = strlen(key);
    if (!p || (size_t)(p - in.at) + length + 1 >= in.count) {
        return false;
    }
    char text[32] = "";
    memcpy(text, p + length,
           in.count - (size_t)(p - in.at) - length < sizeof text - 1
               ? in.count - (size_t)(p - in.at) - length
               : sizeof text - 1);
    char *end;
    *out = strtoull(text, &end, 10);
    return end != text;
}

/* A copy without the date, which cairo writes: the same runs give the same bytes. */
static void copy_undated(struct bytes in, FILE *out)
{
    const char *date = find(in, "/CreationDate (");
    size_t rest = date ? in.count - (size_t)(date - in.at) : 0;
    const char *close = date ? memchr(date, ')', rest) : NULL;
    size_t before = close ? (size_t)(date - in.at) : in.count;
    fwrite(in.at, 1, before, out);
    if (close) {
        size_t blanks = (size_t)(close + 1 - date);
        fprintf(out, "%*s", (int)blanks, "");
        fwrite(close + 1, 1, in.count - before - blanks, out);
    }
}

/* An information dictionary of its own behind the end, as an incremental update, ISO 32000-1, 7.5.6. */
static lac_status stamp_pdf(struct bytes in, const char *facts, FILE *out)
{
    unsigned long long table, size, root;
    const char *end = find_last(in, "%%EOF");
    if (in.count < 8 || memcmp(in.at, "%PDF-", 5) != 0 || !end ||
        !number_after(in, "startxref", &table) || table >= in.count) {
        return not_whole("PDF");
    }
    struct bytes trailer = {in.at + table, in.count - table};
    if (!number_after(trailer, "/Size", &size) || !number_after(trailer, "/Root", &root)) {
        return not_whole("PDF");
    }
    size_t title = strcspn(facts, "\n");
    copy_undated(in, out);
    fputs("\n", out);
    size_t object = in.count + 1;
    char subject[64];
    snprintf(subject, sizeof subject, "%.*s", (int)title, facts);
    fprintf(out, "%llu 0 obj\n<<\n/Creator (laconic %s)\n", size, LAC_VERSION);
    put_pdf_text(out, "Subject", subject);
    put_pdf_text(out, "Keywords", facts);
    fputs(">>\nendobj\n", out);
    fflush(out);
    long behind = ftell(out);
    fprintf(out, "xref\n%llu 1\n%010zu 00000 n \ntrailer\n", size, object);
    fprintf(out, "<< /Size %llu /Root %llu 0 R /Info %llu 0 R /Prev %llu >>\n", size + 1, root,
            size, table);
    fprintf(out, "startxref\n%ld\n%%%%EOF\n", behind);
    return LAC_OK;
}

lac_status picture_stamp(enum picture kind, const char *bytes, size_t count, const char *facts,
                         double dots_per_inch, FILE *out)
{
    struct bytes in = {bytes, count};
    switch (kind) {
    case PICTURE_SVG:
        return stamp_svg(in, facts, out);
    case PICTURE_PNG:
        return stamp_png(in, facts, dots_per_inch, out);
    case PICTURE_PDF:
    default:
        return stamp_pdf(in, facts, out);
    }
}
