//! What one thing costs the processor as a server grows: a message among more and more idle streams,
//! a page of longer and longer histories, a delivery in larger and larger rooms, and in one with more and more messages under
//! way. What should cost the same at any size is a level line in the picture.

use anyhow::{Context, Result};

use crate::{
    backlog,
    delivery::{self, Crowd},
    follow::Transport,
    history::{Past, Where},
    plot::{self, Kind, Line, Panel},
    process::Process,
    report::{Figure, Section, number},
    rooms,
    run::Run,
    trip,
};

/// # Errors
/// Where anything doesn't answer as it should, or the picture can't be written.
pub async fn measure(run: &Run) -> Result<Section> {
    let panels = [
        messages(run).await?,
        pages(run).await?,
        deliveries(run).await?,
        backlogs(run).await?,
    ];
    let mut section = Section::new("Processor time against size");
    for panel in &panels {
        for figure in figures(panel)? {
            section.add(figure);
        }
    }
    section.note(
        "The server's processor time for one of each. bare relay, empty GET, bare loop: as in the sections on delivery, \
         history and rooms; the first two are the same at any size.",
    );
    if let Some(path) = &run.plot {
        std::fs::write(path, plot::svg(&panels))
            .with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(section)
}

/// `least`, ten times as many and so on, and at last `most`; none that is hardly less than that.
fn decades(least: usize, most: usize) -> Vec<usize> {
    let growing = std::iter::successors(Some(least), |size| Some(size * 10));
    let mut sizes: Vec<_> = growing.take_while(|size| size * 5 <= most).collect();
    sizes.push(most);
    sizes
}

fn figures(panel: &Panel) -> Result<Vec<Figure>> {
    let ceiling = panel.lines.iter().find(|line| line.kind == Kind::Ceiling);
    let mut figures = Vec::new();
    for line in panel.lines.iter().filter(|line| line.kind == Kind::Own) {
        for (index, (size, rounds)) in line.points.iter().enumerate() {
            let name = format!("{}, {} {}", line.what, number(*size as f64), panel.sizes);
            let mut figure = Figure::new(name, "µs", rounds.clone())?;
            if let Some(Line { what, points, .. }) = ceiling {
                figure = figure.beside(what, &points[index].1);
            }
            figures.push(figure);
        }
    }
    Ok(figures)
}

/// The line of what is as it is at any size.
fn level(what: &'static str, sizes: &[usize], rounds: &[f64]) -> Line {
    Line {
        what,
        label: what,
        kind: Kind::Ceiling,
        points: sizes.iter().map(|size| (*size, rounds.to_vec())).collect(),
    }
}

async fn messages(run: &Run) -> Result<Panel> {
    let sizes = decades(10, run.streams);
    let mut crowds = Vec::new();
    for &size in &sizes {
        crowds.push(Crowd::gather(run, size).await?);
    }
    let ends = &crowds.first().context("no crowd")?.ends;
    let relay = delivery::relay(run, ends).await?;
    let duration = delivery::duration(run);
    let (mut next, mut bare) = (1, Vec::new());
    let mut points: Vec<_> = sizes.iter().map(|size| (*size, Vec::new())).collect();
    for round in 0..run.rounds.min(3) {
        run.say(format!("a message among idle streams, round {}", round + 1));
        let delivered = trip::deliver(&relay, &crowds[0].ends, duration, &mut next).await?;
        bare.push(delivered.processor_micros);
        for (crowd, (_, rounds)) in crowds.iter_mut().zip(&mut points) {
            let (_, delivered) = crowd.deliver(duration, &mut next).await?;
            rounds.push(delivered.processor_micros);
        }
    }
    Ok(Panel {
        title: "A message to one receiver, beside idle streams",
        sizes: "idle streams",
        lines: vec![
            Line {
                what: "message",
                label: "Tincan",
                kind: Kind::Own,
                points,
            },
            level("bare relay", &sizes, &bare),
        ],
    })
}

async fn pages(run: &Run) -> Result<Panel> {
    let sizes = decades(1_000, run.messages);
    let mut pasts = Vec::new();
    for &size in &sizes {
        pasts.push(Past::make(run, size).await?);
    }
    let largest = pasts.last().context("no history")?;
    let length = largest.page_length().await?;
    let empty = Process::tree(&run.folder.join("history-empty.db"), length, 0)?;
    let mut bare = Vec::new();
    let mut of_places = [
        ("newest page", "newest", Where::Newest),
        ("any page", "any", Where::Anywhere),
    ]
    .map(|(what, label, place)| {
        let points = sizes.iter().map(|size| (*size, Vec::new())).collect();
        let line = Line {
            what,
            label,
            kind: Kind::Own,
            points,
        };
        (place, line)
    });
    for round in 0..run.rounds {
        run.say(format!("a page of a history, round {}", round + 1));
        let done = largest.read(&empty, Where::Newest, run.duration).await?;
        bare.push(done.processor_micros);
        for (place, line) in &mut of_places {
            for (past, (_, rounds)) in pasts.iter().zip(&mut line.points) {
                let done = past.read(&past.process, *place, run.duration).await?;
                rounds.push(done.processor_micros);
            }
        }
    }
    let mut lines: Vec<_> = of_places.into_iter().map(|(_, line)| line).collect();
    lines.push(level("empty GET", &sizes, &bare));
    Ok(Panel {
        title: "A page of 25 messages, by the length of the history",
        sizes: "messages",
        lines,
    })
}

async fn deliveries(run: &Run) -> Result<Panel> {
    let (mut points, mut bare_points) = (Vec::new(), Vec::new());
    for size in decades(10, run.streams) {
        let (own, bare) = rooms::fan_out(run, size, Transport::Events, None).await?;
        points.push((size, own.micros));
        bare_points.push((size, bare.micros));
    }
    Ok(Panel {
        title: "A delivery in a room, for each receiver",
        sizes: "receivers",
        lines: delivery_lines(points, bare_points),
    })
}

async fn backlogs(run: &Run) -> Result<Panel> {
    let backlogs = backlog::grow(run).await?;
    let (points, bare_points) = backlogs
        .into_iter()
        .map(|backlog| {
            let points = |rounds: backlog::Rounds| (backlog.under_way, rounds.micros);
            (points(backlog.own), points(backlog.bare))
        })
        .unzip();
    Ok(Panel {
        title: "A delivery in a room, by messages under way",
        sizes: "under way",
        lines: delivery_lines(points, bare_points),
    })
}

fn delivery_lines(own: Vec<(usize, Vec<f64>)>, bare: Vec<(usize, Vec<f64>)>) -> Vec<Line> {
    vec![
        Line {
            what: "delivery",
            label: "Tincan",
            kind: Kind::Own,
            points: own,
        },
        Line {
            what: "bare loop",
            label: "bare loop",
            kind: Kind::Ceiling,
            points: bare,
        },
    ]
}
