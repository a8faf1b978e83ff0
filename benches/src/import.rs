//! `import`: how fast a durable store is filled from a file, and what it takes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use crate::child::Child;
use crate::clock::now;
use crate::options::{Format, ImportOptions, ServerOptions};
use crate::report::{MEBIBYTE, float, per_second};
use crate::stop::Stop;
use crate::target::{CONFIGURATION, Target, in_directory, log, ocpi_server};
use crate::token_file;

/// What an import took.
pub(crate) struct Imported {
    /// From the start of the process to its end.
    pub(crate) elapsed: Duration,
    /// The most resident memory of the process, bytes.
    pub(crate) peak: u64,
}

/// Runs `ocpi-server token import` on the store of `options`, below `directory`: through the
/// server that holds it, if one does.
///
/// # Errors
///
/// When it fails, or leaves a token out.
pub(crate) fn import(
    options: &ServerOptions,
    directory: &Path,
    file: &Path,
    stop: &Stop,
) -> anyhow::Result<Imported> {
    let mut command = ocpi_server(options, directory)?;
    command.args(["token", "import"]).arg(file);
    let configuration = directory.join(CONFIGURATION);
    if configuration.exists() {
        command.arg("--config").arg(configuration);
    }
    let begin = now();
    let child = Child::spawn(command, &log(options, directory)?)?;
    let peak = child
        .finish(stop)
        .with_context(|| format!("cannot import {}", file.display()))?;
    Ok(Imported {
        elapsed: now() - begin,
        peak,
    })
}

/// Imports a file into an empty store, and through a running server when that is asked for.
///
/// # Errors
///
/// When the import or the server fails.
pub(crate) fn run(options: &ImportOptions, stop: &Stop) -> anyhow::Result<()> {
    in_directory(stop, |directory| {
        let file = token_file::write(directory, options.tokens, options.format, stop)?;
        println!(
            "{}: {} tokens, {:.1} MiB",
            file.display(),
            options.tokens,
            float(fs::metadata(&file)?.len()) / MEBIBYTE
        );
        let server = ServerOptions::durable();
        let imported = import(&server, directory, &file, stop)?;
        report("offline", options, &imported, "");
        if options.online {
            let other = directory.join("online");
            fs::create_dir(&other)?;
            let target = Target::start(&server, &other, stop)?;
            let imported = import(&server, &other, &file, stop)?;
            let peak = float(target.memory()?.peak) / MEBIBYTE;
            report(
                "online",
                options,
                &imported,
                &format!(", server {peak:.1} MiB"),
            );
            target.terminate(stop)?;
        }
        Ok(())
    })
}

fn report(how: &str, options: &ImportOptions, imported: &Imported, server: &str) {
    let format = match options.format {
        Format::Jsonl => "JSON lines",
        Format::Csv => "CSV",
    };
    println!(
        "import {how}: {:.0} tokens/s ({} tokens of {format} in {:.2} s), peak memory {:.1} MiB{server}",
        per_second(options.tokens, imported.elapsed),
        options.tokens,
        imported.elapsed.as_secs_f64(),
        float(imported.peak) / MEBIBYTE,
    );
}
