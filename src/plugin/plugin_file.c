/* The file of a plug-in before it is opened, which runs code of it: whether it is whole, what it calls, and its digest. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/plugin.h"

static lac_status digest_of(int fd, char digest[LAC_DIGEST_TEXT])
{
    unsigned char bytes[16384];
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count < 0 && errno != EINTR) {
            return LAC_FAIL(LAC_E_IO, "cannot be read: %s", strerror(errno));
        }
        if (count == 0) {
            lac_digest_end_text(&g, digest);
            return LAC_OK;
        }
        lac_digest_add(&g, bytes, count > 0 ? (size_t)count : 0);
    }
}

static bool reads(int fd, void *out, size_t size, uint64_t at)
{
    return at <= INT64_MAX && pread(fd, out, size, (off_t)at) == (ssize_t)size;
}

/* The loader maps what the table of segments names; what is not in the file would be a crash of its own. What is no ELF file
   it refuses itself. */
static lac_status check_length(int fd, uint64_t size)
{
    ElfW(Ehdr) header;
    ElfW(Phdr) segment;
    uint64_t reach = sizeof header;
    if (!reads(fd, &header, SELFMAG, 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return LAC_OK;
    }
    bool is_whole = reads(fd, &header, sizeof header, 0);
    for (size_t i = 0; is_whole && i < header.e_phnum; i++) {
        uint64_t at = header.e_phoff + i * sizeof segment;
        is_whole = reads(fd, &segment, sizeof segment, at);
        uint64_t end = is_whole ? segment.p_offset + segment.p_filesz : at + sizeof segment;
        reach = end > reach ? end : reach;
    }
    if (is_whole && reach <= size) {
        return LAC_OK;
    }
    return LAC_FAIL(
        LAC_E_USAGE,
        "is damaged: it has %llu bytes, and by its own tables %llu at least; copy or build "
        "it again",
        (unsigned long long)size, (unsigned long long)reach);
}

/* Where in the file that stands which the loader has at this address; 0: nowhere. */
static uint64_t place_of(int fd, const ElfW(Ehdr) * header, uint64_t address)
{
    ElfW(Phdr) s;
    for (size_t i = 0; i < header->e_phnum; i++) {
        bool is_there = reads(fd, &s, sizeof s, header->e_phoff + i * sizeof s);
        if (is_there && s.p_type == PT_LOAD && address >= s.p_vaddr &&
            address - s.p_vaddr < s.p_filesz) {
            return s.p_offset + (address - s.p_vaddr);
        }
    }
    return 0;
}

/* Tables in the file: symbols below `count` are of others. */
struct symbols {
    uint64_t symbol, text, count;
};

static void take_entry(int fd, const ElfW(Ehdr) * header, const ElfW(Dyn) * d, struct symbols *s)
{
    uint32_t word[2]; /* the second: the first symbol that is its own, or (DT_HASH) all symbols */
    uint64_t at = place_of(fd, header, d->d_un.d_ptr);
    bool is_hash = d->d_tag == DT_GNU_HASH || (d->d_tag == DT_HASH && s->count == 0);
    if (d->d_tag == DT_SYMTAB) {
        s->symbol = at;
    } else if (d->d_tag == DT_STRTAB) {
        s->text = at;
    } else if (is_hash && reads(fd, word, sizeof word, at)) {
        s->count = word[1];
    }
}

static struct symbols symbols_of(int fd)
{
    struct symbols s = {0};
    ElfW(Ehdr) header;
    ElfW(Phdr) segment;
    ElfW(Dyn) d = {.d_tag = DT_DEBUG};
    if (!reads(fd, &header, sizeof header, 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return s;
    }
    for (size_t i = 0; i < header.e_phnum; i++) {
        uint64_t at = header.e_phoff + i * sizeof segment;
        bool is_there = reads(fd, &segment, sizeof segment, at) && segment.p_type == PT_DYNAMIC;
        for (at = segment.p_offset; is_there && d.d_tag != DT_NULL; at += sizeof d) {
            is_there = reads(fd, &d, sizeof d, at);
            take_entry(fd, &header, &d, &s);
        }
    }
    return s;
}

/* The first of these names; "": it calls none. */
static void find_import(int fd, bool (*is_sought)(const char *name), char name[LAC_SYMBOL])
{
    struct symbols s = symbols_of(fd);
    ElfW(Sym) symbol;
    *name = '\0';
    for (uint64_t i = 1; i < s.count; i++) {
        if (!reads(fd, &symbol, sizeof symbol, s.symbol + i * sizeof symbol)) {
            break;
        }
        bool is_own = symbol.st_shndx != SHN_UNDEF;
        ssize_t n = is_own ? 0 : pread(fd, name, LAC_SYMBOL - 1, (off_t)(s.text + symbol.st_name));
        name[n > 0 ? n : 0] = '\0';
        if (*name && is_sought(name)) {
            return;
        }
    }
    *name = '\0';
}

lac_status lac_plugin_import(const char *path, bool (*is_sought)(const char *name),
                             char name[LAC_SYMBOL])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return LAC_FAIL(LAC_E_USAGE, "cannot be opened: %s", strerror(errno));
    }
    find_import(fd, is_sought, name);
    close(fd);
    return LAC_OK;
}

/* Nobody could tell then that the run is not whole, nor whose fault it is. */
static bool ends_silently(const char *name)
{
    static const char *const names[] = {"_exit",   "_Exit",   "_Fork",   "daemon", "execl",
                                        "execle",  "execlp",  "execv",   "execve", "execveat",
                                        "execvp",  "execvpe", "fexecve", "fork",   "quick_exit",
                                        "syscall", "vfork"};
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        found = found || strcmp(names[i], name) == 0;
    }
    return found;
}

static lac_status check_calls(int fd)
{
    char name[LAC_SYMBOL];
    find_import(fd, ends_silently, name);
    if (!*name) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "calls %s, by which a process can end, or become another, without a word; a "
                    "plug-in that cannot go on returns LAC_FAIL(...)",
                    name);
}

static lac_status look_at(int fd, char digest[LAC_DIGEST_TEXT])
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return LAC_FAIL(LAC_E_USAGE, "is not a regular file; a plug-in is a shared object");
    }
    LAC_TRY(check_length(fd, (uint64_t)st.st_size));
    LAC_TRY(check_calls(fd));
    return digest_of(fd, digest);
}

lac_status lac_plugin_digest(const char *path, char digest[LAC_DIGEST_TEXT])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return LAC_FAIL(LAC_E_USAGE, "cannot be opened: %s", strerror(errno));
    }
    lac_status status = look_at(fd, digest);
    close(fd);
    return status;
}
