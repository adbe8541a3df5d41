/* Little-endian loads and stores at any address, on any host. */
#ifndef LAC_WIRE_BYTES_H
#define LAC_WIRE_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LAC_LITTLE16(x) (x)
#define LAC_LITTLE32(x) (x)
#define LAC_LITTLE64(x) (x)
#else
#define LAC_LITTLE16(x) __builtin_bswap16(x)
#define LAC_LITTLE32(x) __builtin_bswap32(x)
#define LAC_LITTLE64(x) __builtin_bswap64(x)
#endif

static inline void lac_store16(unsigned char *p, uint16_t value)
{
    value = LAC_LITTLE16(value);
    memcpy(p, &value, sizeof value);
}

static inline void lac_store32(unsigned char *p, uint32_t value)
{
    value = LAC_LITTLE32(value);
    memcpy(p, &value, sizeof value);
}

static inline void lac_store64(unsigned char *p, uint64_t value)
{
    value = LAC_LITTLE64(value);
    memcpy(p, &value, sizeof value);
}

static inline void lac_store_double(unsigned char *p, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    lac_store64(p, bits);
}

static inline uint16_t lac_load16(const unsigned char *p)
{
    uint16_t value;
    memcpy(&value, p, sizeof value);
    return LAC_LITTLE16(value);
}

static inline uint32_t lac_load32(const unsigned char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return LAC_LITTLE32(value);
}

static inline uint64_t lac_load64(const unsigned char *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return LAC_LITTLE64(value);
}

static inline double lac_load_double(const unsigned char *p)
{
    uint64_t bits = lac_load64(p);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
