/* What is accepted, what is refused with which words, and that stretches change nothing. */
#include <math.h>

#include "tap.h"
#include "texts.h"

/* The sentence for a text that is to be split between two clients. */
static const char *sentence(const struct lac_text *t, size_t parts)
{
    double *label, *norm_sq;
    struct lac_plan plan;
    struct lac_scan scan = scan_in_parts(t, parts, &label, &norm_sq);
    free(label);
    free(norm_sq);
    return lac_plan_make(&scan, t->name, LAC_TWO_CLASSES, 2, 0, &plan) == LAC_OK ? "accepted"
                                                                                 : lac_failure();
}

static void test_refusals(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"abc 1:2\n", "train.txt:1: label 'abc' is no decimal number"},
        {"+1 1:2\n-1 1:1\n1:2 3:4\n", "train.txt:3: label '1:2' is no decimal number"},
        {"+1 1:2\n0x1p3 1:1\n", "train.txt:2: label '0x1p3' is no decimal number"},
        {"nan 1:1\n", "train.txt:1: label 'nan' is no decimal number"},
        {"1e999 1:1\n", "train.txt:1: label '1e999' is too large a number"},
        {"1,2 1:1\n", "train.txt:1: label '1,2' is no decimal number"},
        {"+1 0:1\n", "train.txt:1: index 0: indices begin at 1"},
        {"+1 3:1 2:1\n", "train.txt:1: index 2 after index 3: indices must ascend"},
        {"+1 1:1\n-1 5:1 7:1 7:2\n", "train.txt:2: index 7 is repeated"},
        {"+1 4294967296:1\n", "train.txt:1: index 4294967296 is too large: at most 4294967295"},
        {"+1 99999999999999999999999999999999999999:1\n",
         "train.txt:1: index 99999999999999999999999999999999... is too large: at most 4294967295"},
        {"+1 1:abc\n", "train.txt:1: value 'abc' of index 1 is no decimal number"},
        {"+1 1:inf\n", "train.txt:1: value 'inf' of index 1 is no decimal number"},
        {"+1 1:-nan 2:5\n", "train.txt:1: value '-nan' of index 1 is no decimal number"},
        {"+1 1:0x10\n", "train.txt:1: value '0x10' of index 1 is no decimal number"},
        {"+1 1:1e400\n", "train.txt:1: value '1e400' of index 1 is too large a number"},
        {"+1 1:2:3\n", "train.txt:1: value '2:3' of index 1 is no decimal number"},
        {"+1 1:\n", "train.txt:1: index 1 has no value"},
        {"+1 1: 5\n", "train.txt:1: index 1 has no value"},
        {"+1 1:", "train.txt:1: index 1 has no value"},
        {"+1 1\n", "train.txt:1: '1' is no index:value pair"},
        {"+1 1 :5\n", "train.txt:1: '1' is no index:value pair"},
        {"+1 12345678\n", "train.txt:1: '12345678' is no index:value pair"},
        {"+1 x:5\n", "train.txt:1: 'x:5' is no index:value pair"},
        {"+1 -1:5\n", "train.txt:1: '-1:5' is no index:value pair"},
        {"+1 +1:5\n", "train.txt:1: '+1:5' is no index:value pair"},
        {"+1 1.0:5\n", "train.txt:1: '1.0:5' is no index:value pair"},
        {"+1 qid:3 1:5\n", "train.txt:1: 'qid:3': query ids are not supported"},
        {"# a remark\n+1 1:5\n", "train.txt:1: a comment without a row before it"},
        {"+1 1:0\x01.0 2:5 3:4 4:3 5:2 6:1 7:5 8:4 9:3 10:2 11:1 12:5 13:4 14:3 15:2 16:1 17:3\n",
         "train.txt:1: value '0\\x01.0' of index 1 is no decimal number"},
        {"+1 1:5\r 2:4\n", "train.txt:1: a carriage return inside the line"},
        {"+1 1:5\n\n-1 1:4\n",
         "train.txt:2: an empty line: every line is a row and begins with its label"},
        {"\n+1 1:5\n-1 1:4\n",
         "train.txt:1: an empty line: every line is a row and begins with its label"},
        {"+1 1:5\n \t\r\n-1 1:4\n",
         "train.txt:2: an empty line: every line is a row and begins with its label"},
        {"+1 1:\x01\x80\xff\n",
         "train.txt:1: value '\\x01\\x80\\xff' of index 1 is no decimal number"},
        {"", "train.txt:1: no rows: the text is empty"},
        {" \n\r\n\t\n", "train.txt:1: no rows: the text is empty"},
        {"+1 1:1\n", "train.txt:1: the file ends after 1 rows, too few for 2 clients"},
        {"+1 1:1\n+1 2:1\n+1 3:1\n",
         "train.txt:3: the file ends with one class only: every label is 1, and this objective needs two "
         "classes"},
        {"3 1:1\n1 2:1\n3 3:1\n2 4:1\n1 5:1\n",
         "train.txt:4: label 2 is a third class after 3 and 1, and this objective needs two classes"},
        {"+1\n-1\n", "train.txt:2: the file ends and no row had a feature; give --dim"},
        {"+1 3:1 2:1\nabc\n+1 0:1\n", "train.txt:1: index 2 after index 3: indices must ascend"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lac_text t = text_of(cases[i].text);
        bool good = true;
        for (size_t parts = 1; parts <= 7; parts++) {
            const char *says = sentence(&t, parts);
            if (strcmp(says, cases[i].says) != 0) {
                printf("# in %zu parts: %s\n", parts, says);
                good = false;
            }
        }
        tap_ok(good, "case %zu is refused with: %s", i + 1, cases[i].says);
        text_free(&t);
    }
}

/* Where windows of 64 bytes are read: something in the middle of a long line. */
static void test_deep_in_a_line(void)
{
    static const struct {
        const char *token, *says;
    } cases[] = {
        {"5000:1", "accepted"},
        {"5000:1 5001:2.5", "accepted"},
        {"5000:1e-3  5001:+2.5\t5002:12345678901234567890", "accepted"},
        {"5000:1e999", "train.txt:2: value '1e999' of index 5000 is too large a number"},
        {"5000:nan", "train.txt:2: value 'nan' of index 5000 is no decimal number"},
        {"5000:", "train.txt:2: index 5000 has no value"},
        {"5000", "train.txt:2: '5000' is no index:value pair"},
        {"4:1", "train.txt:2: index 4 after index 149: indices must ascend"},
        {"4:2.5", "train.txt:2: index 4 after index 149: indices must ascend"},
        {"149:1", "train.txt:2: index 149 is repeated"},
        {"149:2.5", "train.txt:2: index 149 is repeated"},
        {"0:1", "train.txt:2: index 0: indices begin at 1"},
        {"0:2.5", "train.txt:2: index 0: indices begin at 1"},
        {"qid:1", "train.txt:2: 'qid:1': query ids are not supported"},
        {"5000:1-", "train.txt:2: value '1-' of index 5000 is no decimal number"},
        {"5000:1.2.3", "train.txt:2: value '1.2.3' of index 5000 is no decimal number"},
        {"5000:1..", "train.txt:2: value '1..' of index 5000 is no decimal number"},
        {"5000:.", "train.txt:2: value '.' of index 5000 is no decimal number"},
        {"5000:-", "train.txt:2: value '-' of index 5000 is no decimal number"},
        {"5000:--1", "train.txt:2: value '--1' of index 5000 is no decimal number"},
        {"5000:-.", "train.txt:2: value '-.' of index 5000 is no decimal number"},
        {"5000::1", "train.txt:2: value ':1' of index 5000 is no decimal number"},
        {"5000:1:1", "train.txt:2: value '1:1' of index 5000 is no decimal number"},
        {"5000:1\v5001:2", "train.txt:2: value '1\\x0b5001:2' of index 5000 is no decimal number"},
        {"5000:1\x80", "train.txt:2: value '1\\x80' of index 5000 is no decimal number"},
        {"5000:12345678901234567890x",
         "train.txt:2: value '12345678901234567890x' of index 5000 is no decimal number"},
        {"5x:1", "train.txt:2: '5x:1' is no index:value pair"},
        {"5x0:1", "train.txt:2: '5x0:1' is no index:value pair"},
        {"5.00:1", "train.txt:2: '5.00:1' is no index:value pair"},
        {"x5:1", "train.txt:2: 'x5:1' is no index:value pair"},
        {"5x0:2.5", "train.txt:2: '5x0:2.5' is no index:value pair"},
        {":1", "train.txt:2: ':1' is no index:value pair"},
    };
    char text[8000], line[2200], tail[2200];
    size_t used = 0, tail_used = 0;
    for (int k = 10; k < 150; k++) {
        used += (size_t)snprintf(line + used, sizeof line - used, k % 3 ? "%d:1 " : "%d:-2.5 ", k);
        tail_used += (size_t)snprintf(tail + tail_used, sizeof tail - tail_used, " %d:1", 6000 + k);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "+1 %s\n-1 %s%s%s\n", line, line, cases[i].token, tail);
        struct lac_text t = text_of(text);
        const char *says = sentence(&t, 1);
        if (!tap_ok(strcmp(says, cases[i].says) == 0, "deep in a line, case %zu is %s%s", i + 1,
                    i < 3 ? "" : "refused with: ", cases[i].says)) {
            printf("# %s\n", says);
        }
        text_free(&t);
    }
}

static void test_accepted(void)
{
    static const struct {
        const char *what, *text;
        uint64_t rows, values;
        uint32_t max_index;
    } cases[] = {
        {"plain rows", "+1 1:1 2:2\n-1 3:0.5\n", 2, 3, 3},
        {"rows without features", "+1\n-1 7:1\n+1 \n-1", 4, 1, 7},
        {"trailing spaces and tabs", "+1 1:1 \t \n-1\t2:1\t\n", 2, 2, 2},
        {"blanks before the label", "  +1 1:1\n\t-1 2:1\n", 2, 2, 2},
        {"line ends of DOS", "+1 1:1\r\n-1 2:1 \r\n+1\r\n", 3, 2, 2},
        {"a last line without its end", "+1 1:1\n-1 2:1", 2, 2, 2},
        {"a last line without its end but with blanks", "+1 1:1\n-1 2:1 \t", 2, 2, 2},
        {"blank lines at the end", "+1 1:1\n-1 2:1\n\n \r\n", 2, 2, 2},
        {"zeroes that are written", "+1 1:0 2:0.0 3:-0\n-1 1:0\n", 2, 4, 3},
        {"comments behind a row", "+1 1:1 # one: two\n-1 2:1 #x\n+1 # nothing\n", 3, 2, 2},
        {"the largest index", "+1 4294967295:1\n-1 1:1\n", 2, 2, 4294967295u},
        {"indices with leading zeroes", "+1 0001:1 00000000000000000002:1\n-1 1:1\n", 2, 3, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lac_text t = text_of(cases[i].text);
        double *label, *norm_sq;
        struct lac_scan s = scan_in_parts(&t, 1, &label, &norm_sq);
        tap_ok(s.bad_line == 0 && s.lines == cases[i].rows && s.values == cases[i].values &&
                   s.max_index == cases[i].max_index,
               "%s are read%s%s", cases[i].what, s.bad_line ? ": " : "", s.bad_text);
        free(label);
        free(norm_sq);
        text_free(&t);
    }
}

static void test_facts(void)
{
    struct lac_text t = text_of("2 1:3 4:-4\n1 \n2 9:0.5\n1 9:1\n");
    double *label, *norm_sq;
    struct lac_plan plan;
    struct lac_scan s = scan_in_parts(&t, 1, &label, &norm_sq);
    tap_ok(s.classes == 2 && s.class_label[0] == 2.0 && s.class_label[1] == 1.0 &&
               s.class_line[0] == 1 && s.class_line[1] == 2,
           "labels are listed in the order of the file");
    tap_ok(s.max_index_line == 3, "the first line with the largest index is known");
    tap_ok(label[0] == 2.0 && label[3] == 1.0 && norm_sq[0] == 25.0 && norm_sq[1] == 0.0 &&
               norm_sq[2] == 0.25,
           "labels and squared norms are given row by row");
    TAP_OK(lac_plan_make(&s, "x", LAC_TWO_CLASSES, 4, 0, &plan));
    tap_ok(plan.positive == 2.0 && plan.negative == 1.0 && plan.d == 9 && plan.rows == 4,
           "the larger label is the positive one, the other the negative one");
    TAP_OK(lac_plan_make(&s, "x", LAC_TWO_CLASSES, 4, 12, &plan));
    tap_ok(plan.d == 12, "--dim fixes d");
    tap_ok(lac_plan_make(&s, "x", LAC_TWO_CLASSES, 4, 8, &plan) == LAC_E_INPUT &&
               strcmp(lac_failure(), "x:3: index 9 is larger than --dim 8") == 0,
           "an index above --dim is refused: %s", lac_failure());
    tap_ok(lac_plan_make(&s, "x", LAC_TWO_CLASSES, 5, 0, &plan) == LAC_E_INPUT &&
               strcmp(lac_failure(), "x:4: the file ends after 4 rows, too few for 5 clients") == 0,
           "more clients than rows are refused: %s", lac_failure());
    tap_ok(lac_plan_make(&s, "x", LAC_TWO_CLASSES, 0, 0, &plan) == LAC_E_USAGE,
           "no clients are refused");
    free(label);
    free(norm_sq);
    text_free(&t);
}

/* count rows with labels of their own, the largest first, and one that repeats the first. */
static struct lac_text text_of_classes(int count)
{
    char *bytes = malloc(16 * (size_t)count + 32);
    size_t size = 0;
    LAC_ASSERT(bytes);
    for (int k = 0; k < count; k++) {
        size += (size_t)sprintf(bytes + size, "%g 1:1\n", 0.5 * (count - k));
    }
    size += (size_t)sprintf(bytes + size, "%g 1:1\n", 0.5 * count);
    struct lac_text t = text_copy(bytes, size);
    free(bytes);
    return t;
}

static lac_status plan_classes(const struct lac_text *t, size_t parts, struct lac_plan *plan)
{
    double *label, *norm_sq;
    struct lac_scan s = scan_in_parts(t, parts, &label, &norm_sq);
    free(label);
    free(norm_sq);
    return lac_plan_make(&s, t->name, LAC_CLASSES, 1, 0, plan);
}

static void test_classes(void)
{
    struct lac_plan plan = {0};
    for (size_t parts = 1; parts <= 9; parts += 4) {
        struct lac_text most = text_of_classes(LAC_CLASSES_MAX), few = text_of_classes(3),
                        more = text_of_classes(LAC_CLASSES_MAX + 3), one = text_of("7 1:1\n7\n");
        TAP_OK(plan_classes(&few, parts, &plan));
        tap_ok(plan.classes == 3 && plan.class_label[0] == 0.5 && plan.class_label[1] == 1.0 &&
                   plan.class_label[2] == 1.5,
               "classes are the distinct labels in ascending order");
        TAP_OK(plan_classes(&most, parts, &plan));
        bool ascending = plan.classes == LAC_CLASSES_MAX;
        for (uint32_t k = 0; k < plan.classes; k++) {
            ascending = ascending && plan.class_label[k] == 0.5 * (k + 1);
        }
        tap_ok(ascending, "there may be %d classes", LAC_CLASSES_MAX);
        tap_ok(plan_classes(&more, parts, &plan) == LAC_E_INPUT &&
                   strcmp(lac_failure(), "train.txt:257: label 1.5 is class number 257, and this "
                                         "objective takes 256 classes") == 0,
               "one more is refused: %s", lac_failure());
        tap_ok(plan_classes(&one, parts, &plan) == LAC_E_INPUT, "one class is refused: %s",
               lac_failure());
        text_free(&most);
        text_free(&few);
        text_free(&more);
        text_free(&one);
    }
}

/* Many rows of all kinds, and the same with one wrong line somewhere. */
static void test_stretches(void)
{
    size_t size = 0, capacity = 200000;
    char *bytes = malloc(capacity);
    LAC_ASSERT(bytes);
    for (int row = 0; row < 1500; row++) {
        size += (size_t)sprintf(bytes + size, "%d", row % 7 ? -1 : row % 3);
        for (int k = 1; k <= row % 11; k++) {
            size += (size_t)sprintf(bytes + size, " %d:%.3f", k * (row % 13 + 1), 0.01 * row * k);
        }
        size += (size_t)sprintf(bytes + size, "%s\n", row % 4 ? "" : row % 8 ? " " : "\r");
    }
    for (int wrong = -1; wrong < 40; wrong++) {
        char kept = 0;
        size_t place = wrong < 0 ? 0 : size / 41 * (size_t)(wrong + 1);
        if (wrong >= 0) {
            kept = bytes[place];
            bytes[place] = wrong % 2 ? '\n' : '?';
        }
        struct lac_text t = text_copy(bytes, size);
        double *label, *norm_sq, *label_1, *norm_sq_1;
        struct lac_scan whole = scan_in_parts(&t, 1, &label_1, &norm_sq_1);
        bool good = true;
        for (size_t parts = 2; parts <= 40; parts = parts < 8 ? parts + 1 : 2 * parts + 3) {
            struct lac_scan s = scan_in_parts(&t, parts, &label, &norm_sq);
            good = good && same_scan(&s, &whole);
            good = good && memcmp(label, label_1, whole.lines * sizeof *label) == 0 &&
                   memcmp(norm_sq, norm_sq_1, whole.lines * sizeof *label) == 0;
            free(label);
            free(norm_sq);
        }
        if (wrong < 0) {
            tap_ok(good && whole.lines == 1500 && whole.classes == 4,
                   "stretches give the facts, labels and norms of the whole");
        } else if (!good || wrong == 39) {
            tap_ok(good, "stretches give the first wrong line of the whole (%s)", whole.bad_text);
        }
        free(label_1);
        free(norm_sq_1);
        text_free(&t);
        if (wrong >= 0) {
            bytes[place] = kept;
        }
    }
    free(bytes);
}

static void test_long_lines(void)
{
    size_t size = 10 << 20, used = 0;
    char *bytes = malloc(size + 64);
    LAC_ASSERT(bytes);
    uint32_t k = 0;
    used = (size_t)sprintf(bytes, "+1");
    while (used < size) {
        used += (size_t)sprintf(bytes + used, " %u:0.5", ++k);
    }
    used += (size_t)sprintf(bytes + used, "\n-1 1:1\n");
    struct lac_text t = text_copy(bytes, used);
    double *label, *norm_sq;
    struct lac_scan s = scan_in_parts(&t, 3, &label, &norm_sq);
    tap_ok(s.bad_line == 0 && s.lines == 2 && s.max_index == k && norm_sq[0] == 0.25 * k,
           "a line of 10 MB is read");
    free(label);
    free(norm_sq);
    text_free(&t);
    static const char *const fills[] = {"a", "1", ":", " ", "#", "1:", "-", "\xff", "1:1"};
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++) {
        for (size_t p = 0; p < size; p++) {
            bytes[p] = fills[i][p % strlen(fills[i])];
        }
        t = text_copy(bytes, size);
        const char *says = sentence(&t, 1);
        tap_ok(strncmp(says, "train.txt:1: ", 13) == 0 && strlen(says) < 200 && !strchr(says, '\n'),
               "10 MB of one kind are refused in a short line: %s", says);
        text_free(&t);
    }
    memcpy(bytes, "1 1:0.", 6);
    memset(bytes + 6, '3', size - 6);
    t = text_copy(bytes, size);
    s = scan_in_parts(&t, 1, &label, &norm_sq);
    tap_ok(s.bad_line == 0 && s.lines == 1 && same_bits(norm_sq[0], (1.0 / 3.0) * (1.0 / 3.0)),
           "a number of 10 MB is read");
    free(label);
    free(norm_sq);
    text_free(&t);
    free(bytes);
}

static void test_files(void)
{
    struct lac_text t;
    tap_ok(lac_text_map(&t, "no/such/file") == LAC_E_INPUT &&
               strcmp(lac_failure(), "no/such/file: No such file or directory") == 0,
           "a missing file is refused: %s", lac_failure());
    tap_ok(lac_text_map(&t, ".") == LAC_E_INPUT, "a folder is refused: %s", lac_failure());
    tap_ok(lac_text_map(&t, "/dev/zero") == LAC_E_INPUT, "a device is refused: %s", lac_failure());
    TAP_OK(lac_text_map(&t, "/dev/null") == LAC_E_INPUT ? LAC_OK : LAC_E_FAILED);
    lac_text_close(&t);
}

int main(void)
{
    test_refusals();
    test_deep_in_a_line();
    test_accepted();
    test_facts();
    test_classes();
    test_stretches();
    test_long_lines();
    test_files();
    return tap_done();
}
