//! The picture of a report, as SVG written by hand: throughput of every run on the left, CPU by part on the right.

use super::report::{Measured, Ratios, System};
use std::fmt::Write;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 420.0;
/// Of the areas that are drawn in.
const TOP: f64 = 70.0;
const BOTTOM: f64 = 350.0;
const LEFT_PANEL: (f64, f64) = (70.0, 430.0);
const RIGHT_PANEL: (f64, f64) = (540.0, 740.0);

pub fn draw(runs: &[Measured], medians: &[&Measured], ratios: Option<&Ratios>) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    throughput(&mut svg, runs, medians);
    cpu(&mut svg, medians);
    if let Some(ratios) = ratios {
        text(&mut svg, (WIDTH / 2.0, HEIGHT - 12.0), "middle", &ratios.as_text());
    }
    svg + "</svg>\n"
}

fn throughput(svg: &mut String, runs: &[Measured], medians: &[&Measured]) {
    let (left, right) = LEFT_PANEL;
    let most = most(runs.iter().map(|run| run.tasks_per_second));
    axis(svg, LEFT_PANEL, most, "tasks per second, run by run; lines are medians");
    let width = (right - left) / runs.len().max(1) as f64;
    for (number, run) in runs.iter().enumerate() {
        let height = (BOTTOM - TOP) * run.tasks_per_second / most;
        let x = left + number as f64 * width + width * 0.1;
        bar(svg, (x, BOTTOM - height), (width * 0.8, height), color(run.system));
    }
    for median in medians {
        let y = BOTTOM - (BOTTOM - TOP) * median.tasks_per_second / most;
        let color = color(median.system);
        let _ = writeln!(
            svg,
            "<line x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{color}\" stroke-dasharray=\"4 3\"/>"
        );
        let label = format!("{} {:.0}", median.system.name(), median.tasks_per_second);
        text(svg, (right + 4.0, y + 4.0), "start", &label);
    }
}

/// The parts on top of each other, with their names beside the last pile.
fn cpu(svg: &mut String, medians: &[&Measured]) {
    let (left, right) = RIGHT_PANEL;
    let most = most(medians.iter().map(|median| median.cpu_by_program.values().sum()));
    axis(svg, RIGHT_PANEL, most, "CPU seconds per 1,000 tasks, medians by part");
    let width = (right - left) / medians.len().max(1) as f64;
    for (number, median) in medians.iter().enumerate() {
        let x = left + number as f64 * width + width * 0.15;
        let mut y = BOTTOM;
        for (part, (name, seconds)) in median.cpu_by_program.iter().enumerate() {
            let height = (BOTTOM - TOP) * seconds / most;
            y -= height;
            bar(svg, (x, y), (width * 0.7, height), PARTS[part % PARTS.len()]);
            if height > 12.0 {
                text(svg, (x + width * 0.35, y + height / 2.0 + 4.0), "middle", &format!("{name} {seconds:.3}"));
            }
        }
        let label = format!("{} {:.3}", median.system.name(), median.cpu_seconds_per_1000_tasks);
        text(svg, (x + width * 0.35, BOTTOM + 18.0), "middle", &label);
    }
}

const PARTS: [&str; 5] = ["#dde5b6", "#f4a261", "#8ecae6", "#cdb4db", "#e9c46a"];

fn color(system: System) -> &'static str {
    match system {
        System::Baton => "#2a6f97",
        System::Floor => "#a9b4c2",
    }
}

fn axis(svg: &mut String, (left, right): (f64, f64), most: f64, title: &str) {
    text(svg, (left, TOP - 20.0), "start", title);
    for quarter in 0..=4 {
        let value = most * f64::from(quarter) / 4.0;
        let y = BOTTOM - (BOTTOM - TOP) * f64::from(quarter) / 4.0;
        let _ = writeln!(svg, "<line x1=\"{left}\" x2=\"{right}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#e5e5e5\"/>");
        let digits = if most < 10.0 { 3 } else { 0 };
        text(svg, (left - 6.0, y + 4.0), "end", &format!("{value:.digits$}"));
    }
}

/// A round number above all of them.
fn most(values: impl Iterator<Item = f64>) -> f64 {
    let greatest = values.fold(0.0, f64::max);
    if greatest <= 0.0 {
        return 1.0;
    }
    let step = 10f64.powf(greatest.log10().floor()) / 2.0;
    (greatest / step).ceil() * step
}

fn bar(svg: &mut String, (x, y): (f64, f64), (width, height): (f64, f64), color: &str) {
    let _ =
        writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{color}\"/>");
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}

#[cfg(test)]
mod tests {
    use super::most;

    #[test]
    fn an_axis_ends_at_a_round_number_above_everything() {
        assert_eq!(most([8045.0, 17545.0].into_iter()), 20000.0);
        assert!((most([0.103].into_iter()) - 0.15).abs() < 1e-9);
        assert_eq!(most(std::iter::empty()), 1.0);
    }
}
