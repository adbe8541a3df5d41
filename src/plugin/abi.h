/*
 * A plug-in: a shared object with one entry, the object `laconic_plugin`. docs/your-own-method.md leads
 * through one; docs/decisions/0017-plugins.md says what versions promise.
 *
 * It ends in one file, once, in
 *
 *     LAC_PLUGIN(.name = "mine", .version = "1.0", .methods = methods);
 *
 * No function of the program is resolved by name: the verbs come as a table to set-up, which LAC_PLUGIN
 * writes, and the functions of this header call through it.
 */
#ifndef LAC_PLUGIN_ABI_H
#define LAC_PLUGIN_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "compressor/parts.h"
#include "method/method.h"
#include "worker/objective/objective.h"

/* Another major version is another interface; a higher minor one has more at the ends of its structs. */
enum { LAC_ABI_MAJOR = 1, LAC_ABI_MINOR = 0 };

struct lac_verbs;

struct lac_plugin {
    uint32_t abi_major, abi_minor;                         /* that it was built for */
    uint64_t struct_size;                                  /* of this struct, there */
    uint64_t method_size, compressor_size, objective_size; /* of the structs below, there */
    const char *name;    /* small letters, digits and '-': for messages, lists and run files */
    const char *version; /* of the plug-in, as its author counts; no blanks */
    /* Each ends with NULL; NULL: none. Names as that of the plug-in, and none that is there already. */
    const struct lac_method *const *methods;
    const struct lac_compressor *const *compressors;
    const struct lac_objective *const *objectives;
    /* Called once on each rank, before all else. */
    lac_status (*setup)(const struct lac_verbs *verbs);
    /* The author's own, behind it. NULL: none. */
    lac_status (*start)(void);
};

#define LAC_PLUGIN(...)                                                                         \
    const struct lac_verbs *lac_verbs;                                                          \
    static lac_status lac_plugin_setup(const struct lac_verbs *verbs)                           \
    {                                                                                           \
        lac_verbs = verbs;                                                                      \
        return LAC_OK;                                                                          \
    }                                                                                           \
    extern __attribute__((visibility("default"))) const struct lac_plugin laconic_plugin;       \
    const struct lac_plugin laconic_plugin = {.abi_major = LAC_ABI_MAJOR,                       \
                                              .abi_minor = LAC_ABI_MINOR,                       \
                                              .struct_size = sizeof(struct lac_plugin),         \
                                              .method_size = sizeof(struct lac_method),         \
                                              .compressor_size = sizeof(struct lac_compressor), \
                                              .objective_size = sizeof(struct lac_objective),   \
                                              .setup = lac_plugin_setup,                        \
                                              __VA_ARGS__}

#endif
