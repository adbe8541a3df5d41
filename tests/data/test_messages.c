/* SCAN and PLAN: what was put is taken, and bytes that say too much or too little are refused. */
#include <string.h>

#include "protocol/protocol.h"
#include "tap.h"
#include "texts.h"

static unsigned char bytes[65536];

static struct lac_scan some_scan(uint32_t classes)
{
    struct lac_scan s = {
        .lines = 900, .values = 5000, .max_index = 77, .classes = classes, .max_index_line = 13};
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

/* Bodies of zeros but for a count, as long as that count makes them. */
static void test_counts(void)
{
    enum { LABELS = 20, KIND = 20, CLASSES = 40 }; /* where the counts and the kind stand */
    struct lac_rows_found found;
    struct lac_rows_plan taken;
    struct lac_writer w = {.start = bytes};
    uint32_t kind = LAC_CLASSES;
    for (uint32_t more = 0; more < 2; more++) {
        lac_status status = more ? LAC_E_PROTOCOL : LAC_OK;
        uint32_t labels = LAC_SCAN_LABELS + more, classes = LAC_CLASSES_MAX + more;
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes + LAC_FRAME_HEADER + LABELS, &labels, sizeof labels);
        struct lac_frame f = frame_of(&w, LAC_MESSAGE_SCAN, 24 + 16 * labels + 28);
        tap_ok(lac_take_scan(&f, &found) == status, "SCAN with %u labels is %s", labels,
               more ? "refused" : "taken");
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes + LAC_FRAME_HEADER + KIND, &kind, sizeof kind);
        memcpy(bytes + LAC_FRAME_HEADER + CLASSES, &classes, sizeof classes);
        f = frame_of(&w, LAC_MESSAGE_PLAN, 44 + 8 * classes + 12);
        tap_ok(lac_take_plan(&f, &taken) == status, "PLAN with %u classes is %s", classes,
               more ? "refused" : "taken");
    }
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
