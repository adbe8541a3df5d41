/*
 * Opening plug-ins: files are read, digested, opened on every rank, held against abi.h, and their parts added to the
 * registries. What was opened stays open until the program ends.
 */
#ifndef LAC_PLUGIN_PLUGIN_H
#define LAC_PLUGIN_PLUGIN_H

#include "base/arena.h"
#include "base/digest.h"
#include "plugin/abi.h"

enum { LAC_MOST_PLUGINS = 16, LAC_PLUGIN_ID = 192, LAC_SYMBOL = 64 };

/* The functions that plug-ins may call; made from verbs.def. */
extern const struct lac_verbs lac_plugin_verbs;

struct lac_plugin_file {
    const char *path;             /* absolute */
    char digest[LAC_DIGEST_TEXT]; /* BLAKE2b of the file */
    char id[LAC_PLUGIN_ID];       /* "NAME VERSION DIGEST" */
    struct lac_plugin plugin;     /* its arrays are of structs as large as ours */
    bool listed;                  /* its parts are in the registries */
};

/* Opens the files of "FILE,FILE,..." that are not open yet, their parts then being in the registries; a failure names the file, and the rank under a launcher.
   ids (in the arena) becomes their ids, in this order, ", " between them. */
lac_status lac_plugins_open(const char *list, struct lac_arena *a, const char **ids) LAC_MUST_CHECK;
/* Takes what plug-ins brought out of the registries; each comes back when it is opened next. Of those who resolve several
   configurations, none of which may find another's names. */
void lac_plugins_forget(void);
/* Number i, in the order of opening; NULL behind the last. */
const struct lac_plugin_file *lac_plugin_file(size_t i);
/* The one that has this method, compressor or objective; NULL: it is built in. */
const struct lac_plugin_file *lac_plugin_of(const void *part);

/* The digest of the file at path; refuses, by a sentence without its name, what is not whole, no regular file, or calls functions
   that end a process without a word. */
lac_status lac_plugin_digest(const char *path, char digest[LAC_DIGEST_TEXT]) LAC_MUST_CHECK;
/* The first name that the file leaves to others and that is sought; "": there is none. */
lac_status lac_plugin_import(const char *path, bool (*is_sought)(const char *name),
                             char name[LAC_SYMBOL]) LAC_MUST_CHECK;

/* Refuses, by a sentence, a descriptor that is not whole: what must be there is, names are names, lists fit. */
lac_status lac_plugin_check(const struct lac_plugin *p) LAC_MUST_CHECK;

/* Crashes, and calls of exit by a plug-in, are told from here on in one line that names the plug-in and the rank, with status 1
   (plugin_crash.c). path: as it was given; file: as the loader has it, and stays there. */
void lac_plugin_crash_begin(const char *path, const char *file, const char *where); /* its set-up */
void lac_plugin_crash_end(const char *path, const char *where, bool is_loaded); /* else refused */
/* A condition that does not hold, told in such a line: text is "CONDITION does not hold (FILE:LINE)". false: no plug-in is there
   that may have caused it, and nothing was told. */
bool lac_plugin_tell_bug(const char *text);

#endif
