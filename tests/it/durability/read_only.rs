//! A store that may not be written, or is not there.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::support::durable::{Server, StoreFile};
use crate::support::program::{Ended, Program, executable};
use crate::support::token::{card, copy};

/// A user that nobody is.
const NOBODY: u32 = 65534;

/// A folder that every user reaches, and a way to run the program as a user for whom the rights
/// of files count: they do not for root.
struct Rights {
    folder: PathBuf,
    starter: Vec<String>,
    program: PathBuf,
}

impl Rights {
    fn new(name: &str) -> Rights {
        let name = format!("{name}-{}", std::process::id());
        // Not below the target directory: that may be in a folder of root's.
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder can be made");
        let program = executable().to_owned();
        let (starter, folder, program) = if count_for_us(&folder) {
            (Vec::new(), folder, program)
        } else {
            let copied = folder.join("ocpi-server");
            fs::copy(program, &copied).expect("the program can be copied");
            let user = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
            let starter = ["setpriv".to_owned(), "--clear-groups".to_owned()];
            ([starter, user].concat(), folder, copied)
        };
        let rights = Rights {
            folder,
            starter,
            program,
        };
        rights.set(&rights.folder, 0o755);
        rights
    }

    /// Gives a file or a folder to the user that the program runs as, with these rights.
    fn set(&self, path: &Path, mode: u32) {
        if !self.starter.is_empty() {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
        }
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("rights can be set");
    }

    fn store(&self, folder: &str) -> StoreFile {
        let folder = self.folder.join(folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        self.set(&folder, 0o755);
        StoreFile::within(&folder)
    }

    fn start(&self, file: &StoreFile) -> Program {
        file.program_by(&self.starter, &self.program)
    }

    /// A store with one Token, closed in order.
    async fn filled(&self, folder: &str) -> StoreFile {
        let file = self.store(folder);
        let server = Server::of(self.start(&file)).await;
        let put = server.call("PUT", &copy("T"), Some(&card("T"))).await;
        assert_eq!(put.codes(), (201, 1000));
        assert_eq!(server.stop().await.code, Some(0));
        file
    }

    /// The program must refuse to start on this store, name it, and leave it alone.
    async fn assert_refused(&self, file: &StoreFile, case: &str) -> Ended {
        let before = fs::read(file.path()).ok();
        let ended = self.start(file).end().await;
        assert_eq!(ended.code, Some(1), "{case}: {}", ended.stderr);
        let name = file.name();
        assert!(ended.stderr.contains(&name), "{case}: {}", ended.stderr);
        assert!(
            !ended.stderr.contains("panicked"),
            "{case}: {}",
            ended.stderr
        );
        assert_eq!(fs::read(file.path()).ok(), before, "{case}");
        ended
    }
}

impl Drop for Rights {
    fn drop(&mut self) {
        // What is left behind is in the way of nobody.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whether a file without rights cannot be opened by this process.
fn count_for_us(folder: &Path) -> bool {
    let path = folder.join("rights");
    fs::write(&path, "").expect("a file can be written");
    fs::set_permissions(&path, Permissions::from_mode(0o000)).expect("rights can be set");
    File::open(path).is_err()
}

/// Beyond the protocol: a server that cannot keep anything does not start, and says which file it
/// is; nothing is lost by that.
#[tokio::test]
async fn a_store_that_may_not_be_written_is_refused_by_its_name() {
    let rights = Rights::new("read-only");
    let file = rights.filled("store").await;
    let folder = rights.folder.join("store");
    let lock = file.beside("-lock");

    rights.set(&file.path(), 0o444);
    let ended = rights.assert_refused(&file, "a file to read").await;
    assert!(
        ended.stderr.contains("may only be read"),
        "{}",
        ended.stderr
    );
    rights.set(&file.path(), 0o000);
    rights.assert_refused(&file, "a file without rights").await;
    rights.set(&file.path(), 0o644);

    rights.set(&folder, 0o555);
    rights.assert_refused(&file, "a folder to read").await;
    rights.set(&folder, 0o755);
    fs::remove_file(&lock).expect("it says who has the store");
    rights.set(&folder, 0o555);
    rights
        .assert_refused(&file, "a folder to read, without a lock")
        .await;
    rights.set(&folder, 0o755);

    let server = Server::of(rights.start(&file)).await;
    assert_eq!(server.tokens().await.len(), 1);
    assert_eq!(server.stop().await.code, Some(0));
}

/// Beyond the protocol: what is no file is refused by its name, and nothing is made of it.
#[tokio::test]
async fn a_folder_in_the_place_of_the_file_and_a_missing_folder_are_refused() {
    let rights = Rights::new("no-file");
    let file = rights.store("folder-for-a-file");
    fs::create_dir(file.path()).expect("a folder can be made");
    rights.assert_refused(&file, "a folder in its place").await;
    assert!(file.path().is_dir());

    let elsewhere = rights.store("elsewhere");
    let missing = rights.folder.join("missing").join("ocpi.db");
    let mut arguments = elsewhere.arguments();
    arguments.pop();
    arguments.push(format!("sqlite:{}", missing.display()).into());
    let mut command = tokio::process::Command::new(&rights.program);
    command.args(arguments);
    let ended = Program::run(command).end().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let name = missing.display().to_string();
    assert!(ended.stderr.contains(&name), "{}", ended.stderr);
    assert!(ended.stderr.contains("folder"), "{}", ended.stderr);
    assert!(!rights.folder.join("missing").exists());
}
