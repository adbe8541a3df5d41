/*
 * A plug-in that crashes, calls exit, or meets an assertion takes the rank along; what is left to do is to say whose fault it
 * is. Sentences are prepared before, since a handler may only write and leave.
 */
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "plugin/plugin.h"

enum { LONGEST = 600, STACK = 65536, FRAMES = 64 };

struct loaded {
    uintptr_t first, behind, base; /* addresses of its code; where offset 0 of the file lies */
    const char *file;              /* as the loader names it */
    char who[LONGEST];             /* how a sentence about it begins */
};

/* Where it happened. */
struct place {
    const struct loaded *in; /* NULL: in none of them, as far as the stack tells */
    uintptr_t offset;        /* of its file */
    bool is_called;          /* by it: the place is that of the call */
};

static struct loaded loaded[LAC_MOST_PLUGINS + 1];
static volatile size_t loaded_count;
static volatile sig_atomic_t in_set_up; /* number loaded_count is */
static char all[LONGEST];               /* how a sentence about any of them begins */
static struct sigaction bus_before;     /* main's, for files of data that are cut short */
static const int signals[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS, SIGSYS, SIGTRAP};
static const char *const names[] = {"SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL",
                                    "SIGBUS",  "SIGSYS",  "SIGTRAP"};
static char said[2 * LONGEST];

/* More of the sentence; one write for all of it, since ranks share a terminal. */
static void tell(const char *text)
{
    size_t n = strlen(said), more = strlen(text), room = sizeof said - 1 - n;
    more = more < room ? more : room;
    memcpy(said + n, text, more);
    said[n + more] = '\0';
}

static void write_it(void)
{
    ssize_t written = write(STDERR_FILENO, said, strlen(said));
    (void)written;
}

static _Noreturn void leave(void)
{
    write_it();
    _exit(1); /* of LAC_E_FAILED */
}

static void tell_offset(uintptr_t offset)
{
    char text[2 + 2 * sizeof offset + 1], *at = text + sizeof text - 1;
    *at = '\0';
    do {
        *--at = "0123456789abcdef"[offset % 16];
        offset /= 16;
    } while (offset > 0);
    tell(" at 0x");
    tell(at);
    tell(" of the file");
}

static void tell_signal(int number)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (signals[i] == number) {
            tell(names[i]);
        }
    }
}

/* Of the instruction that failed; 0: not known on this processor. */
static uintptr_t address_of(const void *context)
{
    const ucontext_t *c = context;
#if defined(__x86_64__)
    return (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)c->uc_mcontext.pc;
#else
    (void)c;
    return 0;
#endif
}

static void measure(const struct dl_phdr_info *info, struct loaded *l)
{
    l->first = UINTPTR_MAX;
    l->behind = 0;
    l->base = info->dlpi_addr;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD) {
            l->first = begin < l->first ? begin : l->first;
            l->behind = begin + p->p_memsz > l->behind ? begin + p->p_memsz : l->behind;
        }
    }
}

static int find_file(struct dl_phdr_info *info, size_t size, void *context)
{
    struct loaded *l = context;
    (void)size;
    if (strcmp(info->dlpi_name, l->file) != 0) {
        return 0;
    }
    measure(info, l);
    return 1;
}

static bool find_among(uintptr_t at, size_t count, struct place *out)
{
    for (size_t i = 0; i < count; i++) {
        if (at >= loaded[i].first && at < loaded[i].behind) {
            out->in = &loaded[i];
            out->offset = at - loaded[i].base;
            return true;
        }
    }
    return false;
}

/* At this address, or in what is called by a plug-in that the stack shows. */
static struct place find_place(uintptr_t at)
{
    struct place found = {0};
    void *frame[FRAMES];
    size_t count = loaded_count;
    if (in_set_up) {
        (void)dl_iterate_phdr(find_file, &loaded[count++]);
    }
    if (find_among(at, count, &found)) {
        return found;
    }
    int frames = backtrace(frame, FRAMES);
    for (int i = 0; i < frames && !found.is_called; i++) {
        uintptr_t call = (uintptr_t)frame[i] - 1; /* a frame has the address behind the call */
        found.is_called = find_among(call, count, &found);
    }
    return found;
}

static const char *who(const struct place *p)
{
    return p->in ? p->in->who : in_set_up ? loaded[loaded_count].who : all;
}

/* In none of their files, as far as the stack tells. */
static void tell_outside(const char *what)
{
    tell(what);
    tell(loaded_count == 1 ? " outside of its file, which it may have caused"
                           : " outside of these files, which one of them may have caused");
}

static void end_at(const struct place *p)
{
    if (p->in) {
        tell(p->is_called ? ", called" : "");
        tell_offset(p->offset);
    }
    tell("\n");
}

static void tell_crash(int number, const struct place *p)
{
    tell(who(p));
    if (p->in && p->is_called) {
        tell("a function that it called crashed");
    } else if (p->in || in_set_up) {
        tell("it crashed");
    } else {
        tell_outside("a crash");
    }
    tell(in_set_up ? " in its set-up: " : ": ");
    tell_signal(number);
    end_at(p);
}

/* A page of a mapped file that is not there any more, and of none of ours: data, of which main speaks. */
static bool is_of_data(int number, const siginfo_t *info)
{
    struct place at;
    return number == SIGBUS && info->si_code == BUS_ADRERR && !in_set_up &&
           !find_among((uintptr_t)info->si_addr, loaded_count, &at) &&
           bus_before.sa_handler != SIG_DFL && bus_before.sa_handler != SIG_IGN;
}

static void crashed(int number, siginfo_t *info, void *context)
{
    static volatile sig_atomic_t first;
    struct place place = {0};
    if (is_of_data(number, info)) {
        bus_before.sa_handler(number);
    }
    if (!first) { /* a stack that is destroyed ends the look at it: once more here, without one */
        first = number;
        place = find_place(address_of(context));
    }
    said[0] = '\0';
    tell_crash(first, &place);
    leave();
}

bool lac_plugin_tell_bug(const char *text)
{
    struct place place = find_place(0);
    if (loaded_count == 0 && !in_set_up) {
        return false;
    }
    said[0] = '\0';
    tell(who(&place));
    if (in_set_up) {
        tell("in its set-up ");
    } else if (!place.in) {
        tell_outside("a bug");
        tell(": ");
    }
    tell(text);
    end_at(&place);
    write_it();
    return true;
}

/* An exit that a plug-in called would end the run, whole or not, with a status of the plug-in's. */
static void left(void)
{
    struct place place = find_place(0);
    if (!place.in && !in_set_up) {
        return; /* it is another's */
    }
    (void)fflush(stdout);
    tell(who(&place));
    tell(in_set_up ? "it called exit in its set-up" : "it called exit");
    if (place.in) {
        tell_offset(place.offset);
    }
    tell("; a plug-in that cannot go on returns LAC_FAIL(...)\n");
    leave();
}

static void watch(void)
{
    static char stack[STACK];
    static bool watches;
    void *frame[1];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = crashed,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    if (watches) {
        return;
    }
    watches = true;
    sigemptyset(&action.sa_mask);
    (void)backtrace(frame, 1);     /* the first call loads what it needs */
    (void)sigaltstack(&own, NULL); /* where the plug-in used up the other one */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        (void)sigaction(signals[i], &action, signals[i] == SIGBUS ? &bus_before : NULL);
    }
    (void)atexit(left);
    (void)at_quick_exit(left);
}

void lac_plugin_crash_begin(const char *path, const char *file, const char *where)
{
    struct loaded *next = &loaded[loaded_count];
    *next = (struct loaded){.file = file};
    snprintf(next->who, sizeof next->who, "laconic: --plugin: '%.350s'%.100s: ", path, where);
    watch();
    in_set_up = 1;
}

/* " './a.so', './b.so' (rank 2 on h1)" of all that are loaded. */
static void add_to_all(const char *path, const char *where)
{
    static char paths[400];
    size_t n = strlen(paths);
    snprintf(paths + n, sizeof paths - n, "%s'%s'", n > 0 ? ", " : "", path);
    snprintf(all, sizeof all, "laconic: --plugin: %.400s%.100s: ", paths, where);
}

void lac_plugin_crash_end(const char *path, const char *where, bool is_loaded)
{
    struct loaded *l = &loaded[loaded_count];
    in_set_up = 0;
    if (is_loaded && loaded_count < LAC_MOST_PLUGINS && dl_iterate_phdr(find_file, l) != 0) {
        add_to_all(path, where);
        loaded_count++;
    }
}
