#include "plugin/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/machine.h"

static struct lac_plugin_file files[LAC_MOST_PLUGINS];
static size_t file_count;

const struct lac_plugin_file *lac_plugin_file(size_t i)
{
    return i < file_count ? &files[i] : NULL;
}

static bool lists(const void *const *parts, const void *part)
{
    while (parts && *parts && *parts != part) {
        parts++;
    }
    return parts && *parts;
}

const struct lac_plugin_file *lac_plugin_of(const void *part)
{
    for (size_t i = 0; i < file_count; i++) {
        const struct lac_plugin *p = &files[i].plugin;
        if (lists((const void *const *)p->methods, part) ||
            lists((const void *const *)p->compressors, part) ||
            lists((const void *const *)p->objectives, part)) {
            return &files[i];
        }
    }
    return NULL;
}

/* " (rank 2 on h1)" under a launcher, else "". */
static void say_where(char *out, size_t capacity)
{
    char host[64] = "?";
    const char *rank = lac_machine_rank();
    out[0] = '\0';
    if (rank) {
        (void)gethostname(host, sizeof host - 1);
        snprintf(out, capacity, " (rank %.12s on %s)", rank, host);
    }
}

/* The failure, with the file and the rank before it. */
static lac_status name_file(const char *path, lac_status status)
{
    char where[96], what[700];
    if (status == LAC_OK) {
        return LAC_OK;
    }
    say_where(where, sizeof where);
    snprintf(what, sizeof what, "%s", lac_failure());
    return LAC_FAIL(status, "'%s'%s: %s", path, where, what);
}

/* What the loader says, without the path that stands before it. */
static const char *said_by_loader(const char *path)
{
    const char *said = dlerror();
    size_t length = strlen(path);
    said = said ? said : "the loader does not say why";
    return strncmp(said, path, length) == 0 && said[length] == ':' ? said + length + 2 : said;
}

/* Sizes in version 1.0, whatever was appended since: up to what was the last member then. */
#define SIZE_UP_TO(type, member)                                              \
    ((offsetof(struct type, member) + sizeof(((struct type *)NULL)->member) + \
      _Alignof(struct type) - 1) /                                            \
     _Alignof(struct type) * _Alignof(struct type))
enum {
    FIRST_PLUGIN = SIZE_UP_TO(lac_plugin, start),
    FIRST_METHOD = SIZE_UP_TO(lac_method, extra_bytes),
    FIRST_COMPRESSOR = SIZE_UP_TO(lac_compressor, whole),
    FIRST_OBJECTIVE = SIZE_UP_TO(lac_objective, support),
};

/* The entry, once as much of it is there as it says. */
static lac_status find_entry(void *handle, const struct lac_plugin **out)
{
    const struct lac_plugin *entry = dlsym(handle, "laconic_plugin");
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;
    if (!entry) {
        return LAC_FAIL(LAC_E_USAGE,
                        "has no entry 'laconic_plugin'; a plug-in ends in LAC_PLUGIN(...)");
    }
    bool sized = dladdr1(entry, &info, (void **)&symbol, RTLD_DL_SYMENT) != 0 && symbol;
    size_t size = sized ? symbol->st_size : sizeof *entry;
    if (size < offsetof(struct lac_plugin, method_size) || entry->abi_major != LAC_ABI_MAJOR) {
        return LAC_FAIL(LAC_E_USAGE,
                        "is built for version %u of the interface, and this laconic has %d; build "
                        "it again with its laconic.h",
                        size < sizeof(uint32_t) ? 0 : entry->abi_major, LAC_ABI_MAJOR);
    }
    if (entry->abi_minor > LAC_ABI_MINOR) {
        return LAC_FAIL(LAC_E_USAGE,
                        "is built for version %u.%u of the interface, and this laconic has %d.%d; "
                        "build it again with its laconic.h, or take a newer laconic",
                        entry->abi_major, entry->abi_minor, LAC_ABI_MAJOR, LAC_ABI_MINOR);
    }
    if (entry->struct_size < FIRST_PLUGIN || size < entry->struct_size) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "has an entry that says %llu bytes, and has %llu; those of version %d.0 have %d: it "
            "was not made by LAC_PLUGIN",
            (unsigned long long)entry->struct_size, (unsigned long long)size, LAC_ABI_MAJOR,
            FIRST_PLUGIN);
    }
    *out = entry;
    return LAC_OK;
}

/* Copies of what the list points at, each as large as ours: what an older plug-in does not have is zero. */
static lac_status grow(const void *const *parts, const char *kind, uint64_t theirs, size_t ours,
                       size_t least, const void *const **out)
{
    size_t count = 0;
    *out = NULL;
    if (!parts) {
        return LAC_OK;
    }
    if (theirs > ours || theirs < least) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "says that a %s has %llu bytes; here it has %zu, and in version %d.0 of the "
            "interface %zu",
            kind, (unsigned long long)theirs, ours, LAC_ABI_MAJOR, least);
    }
    while (parts[count]) {
        count++;
    }
    size_t table =
        (count + 1) * sizeof(void *); /* before the structs, which are aligned as it is */
    unsigned char *memory = calloc(1, table + count * ours);
    if (!memory) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory");
    }
    const void **copies = (const void **)(void *)memory;
    for (size_t i = 0; i < count; i++) {
        unsigned char *copy = memory + table + i * ours;
        memcpy(copy, parts[i], theirs);
        copies[i] = copy;
    }
    *out = copies;
    return LAC_OK;
}

static lac_status copy_entry(const struct lac_plugin *entry, struct lac_plugin *p)
{
    const void *const *list;
    *p = (struct lac_plugin){0};
    memcpy(p, entry, entry->struct_size < sizeof *p ? (size_t)entry->struct_size : sizeof *p);
    LAC_TRY(grow((const void *const *)entry->methods, "method", entry->method_size,
                 sizeof(struct lac_method), FIRST_METHOD, &list));
    p->methods = (const struct lac_method *const *)list;
    LAC_TRY(grow((const void *const *)entry->compressors, "compressor", entry->compressor_size,
                 sizeof(struct lac_compressor), FIRST_COMPRESSOR, &list));
    p->compressors = (const struct lac_compressor *const *)list;
    LAC_TRY(grow((const void *const *)entry->objectives, "objective", entry->objective_size,
                 sizeof(struct lac_objective), FIRST_OBJECTIVE, &list));
    p->objectives = (const struct lac_objective *const *)list;
    return LAC_OK;
}

static lac_status add_parts(struct lac_plugin_file *f)
{
    const struct lac_plugin *p = &f->plugin;
    for (size_t i = 0; p->methods && p->methods[i]; i++) {
        LAC_TRY(lac_method_add(p->methods[i]));
    }
    for (size_t i = 0; p->compressors && p->compressors[i]; i++) {
        LAC_TRY(lac_compressor_add(p->compressors[i]));
    }
    for (size_t i = 0; p->objectives && p->objectives[i]; i++) {
        LAC_TRY(lac_objective_add(p->objectives[i]));
    }
    f->listed = true;
    return LAC_OK;
}

void lac_plugins_forget(void)
{
    lac_methods_forget();
    lac_compressors_forget();
    lac_objectives_forget();
    for (size_t i = 0; i < file_count; i++) {
        files[i].listed = false;
    }
}

/* A set-up that fails says why; else what was said of something else before it would stand for that. */
static lac_status set_up(const struct lac_plugin *entry)
{
    lac_forget_failure();
    lac_status status = entry->setup(&lac_plugin_verbs);
    if (status == LAC_OK && entry->start) {
        status = entry->start();
    }
    if (status != LAC_OK && !*lac_failure()) {
        return LAC_FAIL(status,
                        "its set-up failed with status %d and does not say why; a plug-in returns "
                        "LAC_FAIL(LAC_E_INPUT, \"what, where, what to do\")",
                        (int)status);
    }
    return status;
}

static lac_status load(struct lac_plugin_file *f)
{
    const struct lac_plugin *entry;
    void *handle = dlopen(f->path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        return LAC_FAIL(LAC_E_USAGE, "cannot be loaded: %s", said_by_loader(f->path));
    }
    LAC_TRY(find_entry(handle, &entry));
    LAC_TRY(copy_entry(entry, &f->plugin));
    LAC_TRY(lac_plugin_check(&f->plugin));
    return set_up(&f->plugin);
}

static lac_status open_file(const char *path, const char *as_given)
{
    struct lac_plugin_file *f = &files[file_count];
    char where[96], digest[LAC_DIGEST_TEXT];
    if (file_count == LAC_MOST_PLUGINS) {
        return LAC_FAIL(LAC_E_USAGE, "%d plug-ins are open already", LAC_MOST_PLUGINS);
    }
    LAC_TRY(lac_plugin_digest(path, digest));
    f->path = strdup(path);
    if (!f->path) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory");
    }
    say_where(where, sizeof where);
    lac_plugin_crash_begin(as_given, f->path, where);
    lac_status status = load(f);
    lac_plugin_crash_end(as_given, where, status == LAC_OK);
    LAC_TRY(status);
    LAC_TRY(add_parts(f));
    snprintf(f->id, sizeof f->id, "%s %s %s", f->plugin.name, f->plugin.version, digest);
    memcpy(f->digest, digest, sizeof digest);
    file_count++;
    return LAC_OK;
}

/* Opens it once, however often it is named. is_one: of several, or of one whose name has a comma. */
static lac_status find_or_open(const char *as_given, bool is_one, size_t *number)
{
    char path[PATH_MAX];
    if (!realpath(as_given, path)) {
        return LAC_FAIL(LAC_E_USAGE, "cannot be opened: %s%s", strerror(errno),
                        is_one && errno == ENOENT
                            ? "; a comma parts the names of two files: one that has a "
                              "comma in its name needs another name, or a link"
                            : "");
    }
    for (*number = 0; *number < file_count; ++*number) {
        if (strcmp(files[*number].path, path) == 0) {
            return files[*number].listed ? LAC_OK : add_parts(&files[*number]);
        }
    }
    return open_file(path, as_given);
}

lac_status lac_plugins_open(const char *list, struct lac_arena *a, const char **ids)
{
    char text[LAC_MOST_PLUGINS * (LAC_PLUGIN_ID + 2)] = "", name[PATH_MAX];
    size_t number, n = 0;
    for (const char *at = list; at; at = *at == ',' ? at + 1 : NULL) {
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        at += length;
        if (length == 0 || length >= sizeof name) {
            return LAC_FAIL(LAC_E_USAGE, "'%s': a file's name is empty, or too long", list);
        }
        LAC_TRY(name_file(name, find_or_open(name, strchr(list, ',') != NULL, &number)));
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? ", " : "",
                              files[number].id);
        if (n >= sizeof text) {
            return LAC_FAIL(LAC_E_USAGE, "'%s': these are too many", list);
        }
    }
    return lac_arena_text(a, text, ids);
}
