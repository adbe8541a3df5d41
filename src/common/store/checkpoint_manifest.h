/*
 * MANIFEST.json: one JSON object, indented, whose last field is a digest of all bytes before its line:
 *
 *   {
 *     ...
 *     "files": [...],                     the bytes up to here, without the comma, are digested
 *     "blake2b": "64 digits"
 *   }
 *
 * Another version of the format may have other fields, but begins with format and format_version and ends so.
 */
#ifndef LAC_STORE_CHECKPOINT_MANIFEST_H
#define LAC_STORE_CHECKPOINT_MANIFEST_H

#include "store/checkpoint.h"

#define LAC_MANIFEST_NAME   "MANIFEST.json"
#define LAC_MANIFEST_FORMAT "laconic-checkpoint"
#define LAC_MANIFEST_BEFORE ",\n  \"blake2b\": \""
#define LAC_MANIFEST_AFTER  "\"\n}\n"

enum {
    LAC_MANIFEST_TAIL =
        sizeof LAC_MANIFEST_BEFORE - 1 + LAC_DIGEST_TEXT - 1 + sizeof LAC_MANIFEST_AFTER - 1
};

/* Into the folder, durable but for the folder's own entry. What is there is replaced. */
lac_status lac_manifest_write(const struct lac_manifest *m, const char *folder) LAC_MUST_CHECK;
/* Whether the files are what a checkpoint has: plain names, each once; the clients once each, the server once. what: in
   the message. */
lac_status lac_manifest_check(const struct lac_manifest *m, const char *what) LAC_MUST_CHECK;

#endif
