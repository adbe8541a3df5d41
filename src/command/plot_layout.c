#include "command/plot_layout.h"

#include <math.h>

#include "command/plot_axis.h"
#include "command/plot_legend.h"
#include "command/plot_ticks.h"

/* In letters' heights. */
static const double narrowest = 20.0, lowest = 7.0, edge = 0.6;

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
    size_t rows = (f->panels + across - 1) / across;
    return (f->panels + rows - 1) / rows; /* four as 2 and 2, not as 3 and 1 */
}

double layout_y_label_width(const struct layout *l)
{
    return (l->panel_height + 0.5 * l->top) / l->em;
}

double layout_y_label_place(size_t line)
{
    return 0.9 + 1.25 * (double)line;
}

/* Between the label and the panel stand numbers, with a gap that gnuplot makes. */
static double left_of_panel(const struct figure *f, size_t y_lines)
{
    struct axis y = axis_of_y(f, &(struct layout){.em = 1});
    return layout_y_label_place(y_lines) + ticks_width(&y) + 1.0;
}

/* Half of the widest number below an x axis, which may stand at its end. */
static double beside_panel(const struct figure *f)
{
    double width = 0;
    for (size_t panel = 0; panel < f->panels; panel++) {
        struct axis x = axis_of_x(f, &(struct layout){.em = 1}, panel);
        width = fmax(width, ticks_width(&x));
    }
    return width / 2 + 0.2;
}

static void set_widths(const struct figure *f, struct layout *l)
{
    double em = letters_of(f), across = (double)panels_across(f);
    l->em = em;
    l->across = panels_across(f);
    l->left = fmax(left_of_panel(f, l->y_lines), beside_panel(f)) * em;
    l->right = fmax(1.7, beside_panel(f)) * em;
    l->width = for_paper(f) ? f->width * pixels_in_mm : (l->left + 32 * em + l->right) * across;
    l->panel_width = l->width / across - l->left - l->right;
    l->line = for_paper(f) ? 1.4 : 2;
    l->point = for_paper(f) ? 0.45 : 0.6;
}

double layout_title_letters(double em)
{
    return 1.15 * em;
}

size_t layout_title_lines(const struct figure *f, double width,
                          struct text_line lines[MOST_TITLE_LINES])
{
    double letters = layout_title_letters(letters_of(f));
    return text_wrap(f->title, width / letters - 2 * edge, MOST_TITLE_LINES, lines);
}

static double title_height(const struct figure *f, double width)
{
    struct text_line lines[MOST_TITLE_LINES];
    size_t count = f->title ? layout_title_lines(f, width, lines) : 0;
    return 1.3 * (double)count * layout_title_letters(letters_of(f));
}

static void set_legend(const struct figure *f, struct layout *l)
{
    double left = for_paper(f) ? edge * l->em : l->left - 0.8 * l->em;
    legend_make(f, left, l->width - left - edge * l->em, l->em, &l->legend);
    l->legend_bottom = 0.5 * l->em;
}

/* With so many lines of the y axes' label. */
static void place_parts(const struct figure *f, size_t y_lines, struct layout *out)
{
    struct layout l = {.y_lines = y_lines};
    set_widths(f, &l);
    size_t rows = (f->panels + l.across - 1) / l.across;
    set_legend(f, &l);
    l.top = 1.2 * l.em + title_height(f, l.width);
    l.below = (for_paper(f) ? 4.6 + 0.8 * (f->picture == PICTURE_SVG) : 5.4) * l.em;
    double legend = l.legend_bottom + l.legend.height + 0.4 * l.em;
    double around = l.top + l.below * (double)rows + legend + l.em * (double)(rows - 1);
    l.panel_height = (for_paper(f) ? 0.72 : 0.79) * l.panel_width;
    if (f->height > 0) {
        l.panel_height = (f->height * pixels_in_mm - around) / (double)rows;
    }
    l.height = around + l.panel_height * (double)rows;
    *out = l;
}

lac_status layout_make(const struct figure *f, struct layout *out)
{
    struct layout l;
    char text[AXIS_TEXT];
    struct text_line lines[MOST_Y_LINES];
    struct axis y = axis_of_y(f, &(struct layout){.em = 1});
    size_t y_lines = 1, needed = 1;
    axis_text(&y, &f->y, text);
    do {
        y_lines = needed;
        place_parts(f, y_lines, &l);
        needed = text_wrap(text, fmax(layout_y_label_width(&l), 1), MOST_Y_LINES, lines);
    } while (needed > y_lines);
    if (l.panel_height < lowest * l.em || l.panel_width < lowest * l.em) {
        return LAC_FAIL(LAC_E_USAGE,
                        "plot: --size: %g x %g mm leave no room for the panels beside their labels "
                        "and the legend",
                        f->width, f->height);
    }
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
