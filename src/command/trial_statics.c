/* Variables of plug-ins' own: as in a run over MPI each rank of a trial has others, though all are in this process. */
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "command/trial.h"
#include "plugin/plugin.h"

static bool is_plugin(const char *path)
{
    const struct lac_plugin_file *f;
    bool found = false;
    for (size_t i = 0; (f = lac_plugin_file(i)) != NULL; i++) {
        found = found || strcmp(f->path, path) == 0;
    }
    return found;
}

/* What the loader makes read-only once it has filled it in ends here. */
static ElfW(Addr) first_own(const struct dl_phdr_info *info, ElfW(Addr) begin, ElfW(Addr) end)
{
    ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        ElfW(Addr) sealed = (info->dlpi_addr + p->p_vaddr + p->p_memsz) / page * page;
        begin = p->p_type == PT_GNU_RELRO && sealed > begin && sealed <= end ? sealed : begin;
    }
    return begin;
}

static int find_stretches(struct dl_phdr_info *info, size_t size, void *statics)
{
    struct lac_trial_statics *s = statics;
    (void)size;
    for (size_t i = 0; is_plugin(info->dlpi_name) && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        ElfW(Addr) begin = info->dlpi_addr + p->p_vaddr, end = begin + p->p_memsz;
        if (p->p_type == PT_LOAD && (p->p_flags & PF_W) && s->stretches < LAC_TRIAL_STRETCHES) {
            begin = first_own(info, begin, end);
            memcpy(&s->stretch[s->stretches].at, &begin, sizeof begin);
            s->stretch[s->stretches++].bytes = end - begin;
            s->bytes += end - begin;
        }
    }
    return 0;
}

/* Byte by byte: a plug-in that watches its memory has gaps between its variables that memcpy must not touch. */
__attribute__((no_sanitize_address)) static void copy(const struct lac_trial_statics *s,
                                                      volatile unsigned char *image, bool back)
{
    for (size_t i = 0; i < s->stretches; i++) {
        volatile unsigned char *at = s->stretch[i].at;
        for (size_t j = 0; j < s->stretch[i].bytes; j++, image++) {
            if (back) {
                at[j] = *image;
            } else {
                *image = at[j];
            }
        }
    }
}

lac_status lac_trial_statics_open(struct lac_trial_statics *s, uint32_t ranks, struct lac_arena *a)
{
    *s = (struct lac_trial_statics){0};
    if (ranks == 1) { /* a run in one process: its rank and rank 0 share them */
        return LAC_OK;
    }
    (void)dl_iterate_phdr(find_stretches, s);
    for (uint32_t rank = 0; rank <= ranks && s->bytes > 0; rank++) {
        LAC_TRY(LAC_NEW(a, s->bytes, &s->image[rank]));
        copy(s, s->image[rank], false);
    }
    return LAC_OK;
}

void lac_trial_statics_enter(struct lac_trial_statics *s, uint32_t rank)
{
    if (s->bytes > 0 && s->rank != rank) {
        copy(s, s->image[s->rank], false);
        copy(s, s->image[rank], true);
        s->rank = rank;
    }
}
