/* SCAN and PLAN: what was put is taken, and bodies that are cut short or hold too many labels are refused. */
#include <string.h>

#include "protocol/protocol.h"
#include "tap.h"
#include "texts.h"

static unsigned char bytes[65536];

static struct lac_scan some_scan(uint32_t classes)
{
    struct lac_scan s = {0};
    if (classes > 0) {
        s = (struct lac_scan){.lines = 900,
                              .values = 5000,
                              .max_index = 77,
                              .classes = classes,
                              .max_index_line = 13};
    }
    for (uint32_t k = 0; k < classes; k++) {
        s.class_label[k] = 0.5 * k - 3.0;
        s.class_line[k] = k + 1;
    }
    return s;
}

static struct lac_plan some_plan(enum lac_labels labels, uint32_t classes)
{
    struct lac_plan p = {.rows = 3,
                         .d = 5,
                         .n = 2,
                         .labels = labels,
                         .positive = 2.0,
                         .negative = -3.0,
                         .classes = classes};
    for (uint32_t k = 0; k < classes; k++) {
        p.class_label[k] = 0.25 * k;
    }
    return p;
}

static bool same_plan(const struct lac_plan *a, const struct lac_plan *b)
{
    bool same = a->rows == b->rows && a->d == b->d && a->n == b->n &&
                a->intercept == b->intercept && a->labels == b->labels &&
                a->positive == b->positive && a->negative == b->negative &&
                a->classes == b->classes;
    for (uint32_t k = 0; same && k < a->classes; k++) {
        same = a->class_label[k] == b->class_label[k];
    }
    return same;
}

/* The frame of a message whose body was put, its first length bytes. */
static struct lac_frame frame_of(const struct lac_writer *w, uint16_t message, uint64_t length)
{
    return (struct lac_frame){.message = message,
                              .client = LAC_NO_CLIENT,
                              .body = w->start + LAC_FRAME_HEADER,
                              .length = length};
}

static void test_scan(uint32_t classes)
{
    struct lac_scan s = some_scan(classes);
    struct lac_rows_found found;
    struct lac_writer w;
    lac_frame_begin(&w, bytes, sizeof bytes);
    lac_put_scan(&w, &s, "a name", NULL, NULL);
    tap_ok(w.bytes <= lac_scan_bytes(&s, "a name", false, false), "%u labels: SCAN has room",
           classes);
    uint64_t length = w.bytes - LAC_FRAME_HEADER;
    struct lac_frame f = frame_of(&w, LAC_MESSAGE_SCAN, length);
    TAP_OK(lac_take_scan(&f, &found));
    tap_ok(same_scan(&found.scan, &s) && found.name_length == 6,
           "%u labels: SCAN is taken as it was put", classes);
    bool refused = true;
    for (f.length = 0; f.length < length; f.length++) {
        refused = refused && lac_take_scan(&f, &found) == LAC_E_PROTOCOL;
    }
    tap_ok(refused, "%u labels: SCAN cut short is refused", classes);
}

static void test_plan(enum lac_labels labels, uint32_t classes, bool good)
{
    const uint32_t owner[] = {1, 0, 1};
    struct lac_plan plan = some_plan(labels, classes);
    struct lac_rows_plan taken;
    struct lac_writer w;
    lac_frame_begin(&w, bytes, sizeof bytes);
    lac_put_plan(&w, &plan, owner, NULL, 0);
    tap_ok(w.bytes <= lac_plan_bytes(&plan, true, 0), "%u classes: PLAN has room", classes);
    uint64_t length = w.bytes - LAC_FRAME_HEADER;
    struct lac_frame f = frame_of(&w, LAC_MESSAGE_PLAN, length);
    lac_status status = lac_take_plan(&f, &taken);
    if (!good) {
        tap_ok(status == LAC_E_PROTOCOL, "labels of kind %d with %u classes are refused", labels,
               classes);
        return;
    }
    tap_ok(status == LAC_OK && same_plan(&taken.plan, &plan) &&
               memcmp(taken.owner, owner, sizeof owner) == 0,
           "%u classes: PLAN is taken as it was put", classes);
    bool refused = true;
    for (f.length = 0; f.length < length; f.length++) {
        refused = refused && lac_take_plan(&f, &taken) == LAC_E_PROTOCOL;
    }
    tap_ok(refused, "%u classes: PLAN cut short is refused", classes);
}

/* A body of `count` entries at `at`, each of `size` bytes, with one entry and one more in the count. */
static struct lac_frame one_more(struct lac_writer *w, uint16_t message, size_t at, size_t size)
{
    size_t place = LAC_FRAME_HEADER + at;
    uint32_t count;
    memcpy(&count, bytes + place, sizeof count);
    count++;
    memcpy(bytes + place, &count, sizeof count);
    memmove(bytes + place + 4 + size, bytes + place + 4, w->bytes - place - 4);
    return frame_of(w, message, w->bytes - LAC_FRAME_HEADER + size);
}

static void test_counts(void)
{
    enum { LABELS = 20, CLASSES = 40 }; /* where the counts stand */
    struct lac_scan s = some_scan(LAC_SCAN_LABELS);
    struct lac_plan plan = some_plan(LAC_CLASSES, LAC_CLASSES_MAX);
    struct lac_rows_found found;
    struct lac_rows_plan taken;
    struct lac_writer w;
    lac_frame_begin(&w, bytes, sizeof bytes);
    lac_put_scan(&w, &s, "a name", NULL, NULL);
    struct lac_frame f = one_more(&w, LAC_MESSAGE_SCAN, LABELS, 16);
    tap_ok(lac_take_scan(&f, &found) == LAC_E_PROTOCOL && strstr(lac_failure(), "is 258"),
           "SCAN with 258 labels is refused");
    lac_frame_begin(&w, bytes, sizeof bytes);
    lac_put_plan(&w, &plan, NULL, NULL, 0);
    f = one_more(&w, LAC_MESSAGE_PLAN, CLASSES, 8);
    tap_ok(lac_take_plan(&f, &taken) == LAC_E_PROTOCOL && strstr(lac_failure(), "is 257"),
           "PLAN with 257 classes is refused");
}

int main(void)
{
    test_scan(0);
    test_scan(2);
    test_scan(LAC_SCAN_LABELS);
    test_plan(LAC_NUMBERS, 0, true);
    test_plan(LAC_TWO_CLASSES, 0, true);
    test_plan(LAC_CLASSES, 3, true);
    test_plan(LAC_CLASSES, LAC_CLASSES_MAX, true);
    test_plan(LAC_CLASSES, 0, false);
    test_plan(LAC_NUMBERS, 3, false);
    test_counts();
    return tap_done();
}
