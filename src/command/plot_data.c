/* The points of a figure as a table. */
#include "base/text.h"
#include "command/csv_text.h"
#include "command/plot_script.h"

static void put_number(FILE *to, double value)
{
    char text[32];
    fprintf(to, ",%s", lac_shortest(value, text));
}

void figure_write_data(FILE *to, const struct figure *f)
{
    bool spread = f->band || f->bars;
    fputs(FIGURE_DATA_TITLE "\n", to);
    for (size_t panel = 0; panel < f->panels; panel++) {
        for (size_t i = 0; i < f->count; i++) {
            const struct curve *c = &f->curves[i];
            for (size_t k = 0; k < c->count[panel]; k++) {
                const struct point *p = &c->points[panel][k];
                fprintf(to, "%s,%s,", f->x[panel].name, f->y.name);
                csv_put_text(to, c->label);
                put_number(to, p->x);
                put_number(to, p->y);
                if (spread) {
                    put_number(to, p->low);
                    put_number(to, p->high);
                }
                fprintf(to, "%s,%zu\n", spread ? "" : ",,", c->runs);
            }
        }
    }
}
