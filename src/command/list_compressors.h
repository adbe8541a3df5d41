/* The compressors of the registry as `laconic list` shows them. */
#ifndef LAC_COMMAND_LIST_COMPRESSORS_H
#define LAC_COMMAND_LIST_COMPRESSORS_H

#include <jansson.h>
#include <stdint.h>

struct list_size {
    uint64_t d, n; /* dimension and clients, for constants */
};

/* Of a method, compressor or objective that a plug-in brought: which. */
void lac_list_origin(json_t *entry, const void *part);
/* An array of objects, with the constants of every example that the size admits. */
json_t *compressors_json(const struct list_size *size);
/* The same as two tables: what there is, and the constants of the examples. */
void compressors_print(json_t *all, const struct list_size *size);
/* The same as the table of docs/compressors.md. */
void compressors_markdown(json_t *all, const struct list_size *size);

#endif
