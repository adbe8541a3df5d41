#include "command/plot_layout.h"

#include <string.h>

#include "base/clean.h"

/* In letters' heights. A letter is about 0.55 wide; sample and gaps of a legend's entry take 6. */
static const double letter = 0.6, entry = 6.0, narrowest = 20.0, lowest = 7.0;

static const double pixels_in_mm = 96.0 / 25.4;

static bool for_paper(const struct figure *f)
{
    return f->width > 0;
}

/* 10 points on a screen, 8 on paper. */
static double letters_of(const struct figure *f)
{
    return for_paper(f) ? 8 * 96.0 / 72.0 : 13;
}

static size_t panels_across(const struct figure *f)
{
    size_t across = f->panels;
    double width = f->width * pixels_in_mm;
    while (for_paper(f) && across > 1 && width / (double)across < narrowest * letters_of(f)) {
        across--;
    }
    return across;
}

/* gnuplot sets labels farther from the axes in SVG. */
static void set_widths(const struct figure *f, struct layout *l)
{
    double em = letters_of(f), wide = f->picture == PICTURE_SVG, across = (double)panels_across(f);
    l->em = em;
    l->across = panels_across(f);
    l->left = (for_paper(f) ? 5.8 + 0.7 * wide : 7.6) * em;
    l->right = 1.7 * em;
    l->width = for_paper(f) ? f->width * pixels_in_mm : (l->left + 32 * em + l->right) * across;
    l->panel_width = l->width / across - l->left - l->right;
    l->legend_left = for_paper(f) ? 0.5 * em : l->left - 0.8 * em;
    l->legend_line = 1.6 * em;
    l->line = for_paper(f) ? 1.4 : 2;
    l->point = for_paper(f) ? 0.45 : 0.6;
}

size_t layout_label_length(const struct figure *f)
{
    struct layout l;
    set_widths(f, &l);
    return (size_t)((l.width - l.legend_left - entry * l.em) / (letter * l.em));
}

size_t layout_title_length(const struct figure *f)
{
    struct layout l;
    set_widths(f, &l);
    return (size_t)(l.width / (0.75 * l.em));
}

/* As many columns as the longest label leaves room for. */
static size_t legend_rows(const struct figure *f, const struct layout *l)
{
    size_t longest = 1;
    for (size_t i = 0; i < f->count; i++) {
        size_t letters = lac_letters(f->curves[i].label);
        longest = letters > longest ? letters : longest;
    }
    double each = ((double)longest * letter + entry) * l->em;
    size_t columns = (size_t)((l->width - l->legend_left) / each);
    columns = columns > f->count ? f->count : columns;
    columns = columns < 1 ? 1 : columns;
    return (f->count + columns - 1) / columns;
}

lac_status layout_make(const struct figure *f, struct layout *out)
{
    struct layout l = {0};
    set_widths(f, &l);
    size_t rows = (f->panels + l.across - 1) / l.across;
    l.legend_rows = legend_rows(f, &l);
    l.top = (f->title ? 3.4 : 1.2) * l.em;
    l.below = (for_paper(f) ? 4.6 + 0.8 * (f->picture == PICTURE_SVG) : 5.4) * l.em;
    double legend = l.legend_line * (double)l.legend_rows + 0.8 * l.em;
    double around = l.top + l.below * (double)rows + legend + l.em * (double)(rows - 1);
    l.panel_height = (for_paper(f) ? 0.72 : 0.79) * l.panel_width;
    if (f->height > 0) {
        l.panel_height = (f->height * pixels_in_mm - around) / (double)rows;
    }
    if (l.panel_height < lowest * l.em || l.panel_width < lowest * l.em) {
        return LAC_FAIL(LAC_E_USAGE,
                        "plot: --size: %g x %g mm leave no room for the panels beside their labels "
                        "and the legend",
                        f->width, f->height);
    }
    l.height = around + l.panel_height * (double)rows;
    *out = l;
    return LAC_OK;
}

double layout_panel_left(const struct layout *l, size_t panel)
{
    return (double)(panel % l->across) * (l->left + l->panel_width + l->right) + l->left;
}

double layout_panel_bottom(const struct layout *l, size_t panel)
{
    size_t row = panel / l->across;
    double first = l->height - l->top - l->panel_height;
    return first - (double)row * (l->panel_height + l->below + l->em);
}
