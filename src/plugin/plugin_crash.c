/*
 * A plug-in that crashes takes the rank along; what is left to do is to say whose fault it is. Sentences are prepared
 * before, since a handler may only write and leave.
 */
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "plugin/plugin.h"

enum { LONGEST = 600, STACK = 65536 };

struct loaded {
    uintptr_t first, behind, base; /* addresses of its code; where offset 0 of the file lies */
    char sentence[LONGEST];
};

static struct loaded loaded[LAC_MOST_PLUGINS];
static volatile size_t loaded_count;
static char in_set_up[LONGEST]; /* "" where no set-up runs */
static char somewhere[LONGEST];
static const int signals[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL};
static const char *const names[] = {"SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL"};

static void tell(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
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

static void crashed(int number, siginfo_t *info, void *context)
{
    uintptr_t at = address_of(context);
    const char *sentence = *in_set_up ? in_set_up : somewhere;
    const struct loaded *in = NULL;
    (void)info;
    for (size_t i = 0; i < loaded_count && !*in_set_up; i++) {
        if (at >= loaded[i].first && at < loaded[i].behind) {
            in = &loaded[i];
            sentence = in->sentence;
        }
    }
    tell(sentence);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (signals[i] == number) {
            tell(names[i]);
        }
    }
    if (in) {
        tell_offset(at - in->base);
    }
    tell("\n");
    _exit(1); /* of LAC_E_FAILED */
}

static void listen(void)
{
    static char stack[STACK];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = crashed,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    (void)sigaltstack(&own, NULL); /* where the plug-in used up the other one */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        (void)sigaction(signals[i], &action, NULL);
    }
}

void lac_plugin_crash_begin(const char *path, const char *where)
{
    struct loaded *next = &loaded[loaded_count];
    snprintf(somewhere, sizeof somewhere,
             "laconic: a crash%.100s; a plug-in may be its cause, as nothing of laconic should be "
             "without one: ",
             where);
    snprintf(next->sentence, sizeof next->sentence,
             "laconic: --plugin: '%.350s'%.100s: it crashed: ", path, where);
    listen();
    snprintf(in_set_up, sizeof in_set_up,
             "laconic: --plugin: '%.350s'%.100s: it crashed in its set-up: ", path, where);
}

/* The segments of the object that has the address `context` points at. */
static int find_segments(struct dl_phdr_info *info, size_t size, void *context)
{
    struct loaded *l = context;
    uintptr_t wanted = l->base, first = UINTPTR_MAX, behind = 0;
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t begin = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD) {
            first = begin < first ? begin : first;
            behind = begin + p->p_memsz > behind ? begin + p->p_memsz : behind;
        }
    }
    if (wanted < first || wanted >= behind) {
        return 0;
    }
    l->first = first;
    l->behind = behind;
    l->base = info->dlpi_addr;
    return 1;
}

void lac_plugin_crash_end(const struct lac_plugin *entry)
{
    struct loaded *l = &loaded[loaded_count];
    in_set_up[0] = '\0';
    l->base = (uintptr_t)entry;
    if (entry && dl_iterate_phdr(find_segments, l) != 0) {
        loaded_count++;
    }
}
