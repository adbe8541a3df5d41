/* --network: the formula of docs/metrics.md by hand, and what is no link. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "tap.h"

enum { D = 12, N = 6 };

#define PROBLEM "--data synth:logistic,d=12,m=5 --clients 6 --regularizer l2:0.1 --step 0.05 "

static char links_path[64];

static void write_links(const char *text)
{
    FILE *file = fopen(links_path, "w");
    if (!file) {
        printf("Bail out! cannot write %s\n", links_path);
        exit(1);
    }
    fputs(text, file);
    fclose(file);
}

/* gd sends every client the model, and each sends a gradient: the formula of docs/metrics.md by hand. */
static void network(const char *links, double seconds_of_round)
{
    static struct trace t;
    char options[512];
    snprintf(options, sizeof options, PROBLEM "--method gd --rounds 8 --eval-every 3 --network %s",
             links);
    trace_run(&t, 3, options);
    const struct lac_row *last = &t.row[t.rows - 1];
    tap_ok(t.status == LAC_OK && last->round == 8 && t.row[0].network_seconds == 0.0 &&
               fabs(last->network_seconds / (8.0 * seconds_of_round) - 1.0) < 1e-12,
           "--network %s: 8 rounds take %.9g s%s", links, last->network_seconds,
           t.status == LAC_OK ? "" : lac_failure());
    trace_close(&t);
}

static void networks(void)
{
    const double bits = 8.0 * (LAC_FRAME_HEADER + 8 * D);
    char text[200];
    network("latency=5ms", 0.01);
    network("latency=5ms,up=10Mbit,down=50Mbit", 0.01 + bits / 10e6 + bits / 50e6);
    network("up=10Mbit,down=50Mbit,server=1Mbit", 2 * N * bits / 1e6);
    network("up=100kbit,server=1Mbit", fmax(bits / 1e5, 2 * N * bits / 1e6));
    network("latency=5ms,server=1Mbit", 0.01 + 2 * N * bits / 1e6);
    snprintf(text, sizeof text, "up=10Mbit,down=5Mbit,clients=%s", links_path);
    network(text, fmax(bits / 1e6 + bits / 5e6, 0.004 + bits / 10e6 + bits / 3e6));
}

/* Of so many seconds for each bit of the ledger up and down. */
static void by_the_ledger(const char *what, const char *more, double up, double down)
{
    static struct trace t;
    char options[512];
    snprintf(options, sizeof options, PROBLEM "--rounds 40 --eval-every 7 %s", more);
    trace_run(&t, 3, options);
    unsigned wrong = 0;
    for (size_t i = 0; i < t.rows; i++) {
        double wanted = (double)t.row[i].bits_up * up + (double)t.row[i].bits_down * down;
        wrong += !(fabs(t.row[i].network_seconds - wanted) <= 1e-12 * wanted);
    }
    tap_ok(t.status == LAC_OK && t.rows == 7 && wrong == 0 && t.row[6].bits_up > 0 &&
               t.row[6].bits_down > 0,
           "%s: %.9g s by its bits up and down (%u of %zu rows are not)%s", what,
           t.row[t.rows - 1].network_seconds, wrong, t.rows,
           t.status == LAC_OK ? "" : lac_failure());
    trace_close(&t);
}

static void phases_and_addressees(void)
{
    char text[300];
    by_the_ledger(
        "two participants of six are sent models",
        "--method dcgd --compressor randk:k=2 --participation nice:2 --network server=1Mbit", 1e-6,
        1e-6);
    write_links("up=1Mbit\n\ndown=2Mbit\n\n\n\n"); /* who is slow up is not slow down */
    snprintf(text, sizeof text,
             "--method l2gd --p 0.5 --step 0.01 --compressor natural --network clients=%s",
             links_path);
    by_the_ledger("a reply waits for the slowest message up", text, 1e-6 / N, 0.5e-6 / N);
}

static void refused(const char *words, const char *more)
{
    static struct trace t;
    char options[512];
    snprintf(options, sizeof options, PROBLEM "--method gd --rounds 1 %s", more);
    trace_run(&t, 2, options);
    tap_ok(t.status != LAC_OK && strstr(lac_failure(), words) && !strchr(lac_failure(), '\n'),
           "refused: %s", lac_failure());
    trace_close(&t);
}

static void refused_links(const char *words, const char *text)
{
    char more[200];
    write_links(text);
    snprintf(more, sizeof more, "--network clients=%s", links_path);
    refused(words, more);
}

static void refusals(void)
{
    refused("--network", "--track network_seconds");
    refused("did you mean 'latency'", "--network latncy=5ms");
    refused("latency: '5' is no time as 5ms", "--network latency=5");
    refused("up: '10MBit' is no rate as 500kbit, 10Mbit", "--network up=10MBit");
    refused("down: 0Mbit never sends anything", "--network down=0Mbit");
    refused("'up' is given twice", "--network up=1Mbit,up=2Mbit");
    refused("written key=value", "--network 5ms");
    refused("nowhere.txt", "--network clients=nowhere.txt");
    refused_links("has 2 lines; there are 6 clients", "up=1Mbit\nup=2Mbit\n");
    refused_links(":7: there are 6 clients", "\n\n\n\n\n\n\n");
    refused_links(":3: 'speed=1Mbit'", "\n\nspeed=1Mbit\n\n\n\n");
    refused_links(":1: up: 'fast' is no rate", "up=fast\n\n\n\n\n\n");
}

int main(void)
{
    snprintf(links_path, sizeof links_path, "/tmp/laconic-links-%ld.txt", (long)getpid());
    write_links("up=1Mbit\n\nlatency=2ms,down=3Mbit\n\n\n\n");
    networks();
    phases_and_addressees();
    refusals();
    unlink(links_path);
    return tap_done();
}
