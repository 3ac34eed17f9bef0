// Replaces a file as Rust programs do: a temporary file in the same folder is
// written and renamed over it.
// usage: replace plain|synced FILE NEW
// With `synced` the temporary file is synced before the rename and the folder
// after it. Build it with: rustc -O -o /tmp/replace_rust replace.rs
use std::fs::{self, File};
use std::io::{Result, Write};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let (synced, path) = (arguments[1] == "synced", &arguments[2]);
    let content = fs::read(&arguments[3])?;
    let temporary = format!("{path}.new");
    let mut file = File::create(&temporary)?;
    file.write_all(&content)?;
    if synced {
        file.sync_all()?;
    }
    drop(file);
    fs::rename(&temporary, path)?;
    if synced {
        let folder = std::path::Path::new(path).parent().unwrap();
        let folder = if folder.as_os_str().is_empty() { ".".as_ref() } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
