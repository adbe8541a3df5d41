#include "store/columns.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define IS_DOUBLE(type) _Generic((type)0, double : true, default : false)

const struct lac_column lac_columns[LAC_COLUMN_COUNT] = {
#define LAC_ROW_DESCRIBE(type, name, title, text) \
    {title, text, NULL, IS_DOUBLE(type), offsetof(struct lac_row, name)},
    LAC_ROW_COLUMNS(LAC_ROW_DESCRIBE)
#undef LAC_ROW_DESCRIBE
#define LAC_TRACKED(type, name, text, cost) \
    {#name, text, cost, IS_DOUBLE(type), offsetof(struct lac_row, name)},
#include "store/tracked.def"
};

_Static_assert(LAC_COLUMN_COUNT <= 64, "a set of columns is a word");

static lac_status no_such_column(const char *option, const char *name)
{
    const char *names[LAC_COLUMN_COUNT];
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        names[c] = lac_columns[c].name;
    }
    const char *nearest = lac_nearest(name, names, LAC_COLUMN_COUNT);
    if (!nearest) {
        return LAC_FAIL(LAC_E_USAGE, "%s: there is no '%s'; 'laconic list columns' shows all",
                        option, name);
    }
    bool is_asked_for = lac_column_find(nearest) >= lac_columns + LAC_ROW_COLUMN_COUNT;
    return LAC_FAIL(LAC_E_USAGE, "%s: there is no '%s'; did you mean '%s'%s?", option, name,
                    nearest, is_asked_for ? "" : ", which every run has");
}

static lac_status add_column(const char *option, const char *name, size_t length, uint64_t *tracked)
{
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)length, name);
    for (size_t c = LAC_ROW_COLUMN_COUNT; c < LAC_COLUMN_COUNT; c++) {
        if (strcmp(lac_columns[c].name, text) == 0) {
            bool again = *tracked >> c & 1;
            *tracked |= UINT64_C(1) << c;
            return again ? LAC_FAIL(LAC_E_USAGE, "%s: %s is given twice", option, text) : LAC_OK;
        }
    }
    if (length == 0) {
        return LAC_FAIL(LAC_E_USAGE, "%s: names are parted by single commas, with none at the end",
                        option);
    }
    if (lac_column_find(text)) {
        return LAC_FAIL(LAC_E_USAGE, "%s: every run has %s; leave it out", option, text);
    }
    return no_such_column(option, text);
}

lac_status lac_columns_parse(const char *option, const char *text, uint64_t *tracked)
{
    uint64_t set = 0;
    for (const char *p = text;; p++) {
        size_t length = strcspn(p, ",");
        LAC_TRY(add_column(option, p, length, &set));
        p += length;
        if (*p == '\0') {
            *tracked = set;
            return LAC_OK;
        }
    }
}

const struct lac_column *lac_column_find(const char *name)
{
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        if (strcmp(lac_columns[c].name, name) == 0) {
            return &lac_columns[c];
        }
    }
    return NULL;
}

uint64_t lac_column_count(const struct lac_column *c, const struct lac_row *row)
{
    uint64_t value;
    LAC_ASSERT(!c->is_double);
    memcpy(&value, (const char *)row + c->offset, sizeof value);
    return value;
}

double lac_column_real(const struct lac_column *c, const struct lac_row *row)
{
    double value;
    if (!c->is_double) {
        return (double)lac_column_count(c, row);
    }
    memcpy(&value, (const char *)row + c->offset, sizeof value);
    return value;
}
