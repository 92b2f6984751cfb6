//! Trouble between any two statements: SQLite tells of each statement that it begins or has ended, on every connection of
//! this process, and at a chosen one either the files are copied as they are, which is what a killed process leaves, or
//! the statement is made to fail.
//!
//! It is done from outside the program, which knows nothing of it.

use rusqlite::auto_extension::register_auto_extension;
use rusqlite::ffi;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};

/// What befalls the house, and at which moment: so many statements are begun or ended before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The files are copied to this folder.
    Copy { at: usize, to: PathBuf },
    /// The statement is interrupted.
    Fail { at: usize },
}

struct Plan {
    folder: PathBuf,
    left: usize,
    trouble: Trouble,
    came: bool,
    /// Called when it comes.
    noted: Option<Box<dyn Fn() + Send>>,
}

static PLANS: Mutex<Vec<Plan>> = Mutex::new(Vec::new());
static N_PLANS: AtomicUsize = AtomicUsize::new(0);

/// From here on SQLite tells of its statements. Before the first connection is opened.
pub fn watch() {
    static ONCE: Once = Once::new();
    // SAFETY: the routine opens and closes no database, and leaves the list of extensions alone.
    ONCE.call_once(|| unsafe { register_auto_extension(watch_connection).unwrap() });
}

/// Lays `trouble` in the way of the house in `folder`.
pub fn plan(folder: &Path, trouble: Trouble) {
    plan_noted(folder, trouble, None);
}

/// The same, and calls `noted` at that moment.
pub fn plan_noted(folder: &Path, trouble: Trouble, noted: Option<Box<dyn Fn() + Send>>) {
    let left = match trouble {
        Trouble::Copy { at, .. } | Trouble::Fail { at } => at,
    };
    PLANS.lock().unwrap().push(Plan { folder: folder.to_owned(), left, trouble, came: false, noted });
    N_PLANS.fetch_add(1, Ordering::SeqCst);
}

/// Takes it away again; whether it came.
pub fn unplan(folder: &Path) -> bool {
    let mut plans = PLANS.lock().unwrap();
    let at = plans.iter().position(|plan| plan.folder == folder).unwrap();
    N_PLANS.fetch_sub(1, Ordering::SeqCst);
    plans.remove(at).came
}

/// What a process that is killed now would leave in `folder`, put in `to`.
pub fn copy(folder: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["auction.db", "auction.db-wal"] {
        let file = folder.join(name);
        if file.exists() {
            fs::copy(&file, to.join(name)).unwrap();
        }
    }
}

unsafe extern "C" fn watch_connection(
    db: *mut ffi::sqlite3,
    _: *mut *mut c_char,
    _: *const ffi::sqlite3_api_routines,
) -> c_int {
    let events = ffi::SQLITE_TRACE_STMT | ffi::SQLITE_TRACE_PROFILE;
    // SAFETY: the connection is being opened; it is its own context, and outlives its statements.
    unsafe { ffi::sqlite3_trace_v2(db, events, Some(statement), db.cast()) }
}

unsafe extern "C" fn statement(event: c_uint, db: *mut c_void, _: *mut c_void, _: *mut c_void) -> c_int {
    if N_PLANS.load(Ordering::SeqCst) == 0 {
        return 0;
    }
    let db: *mut ffi::sqlite3 = db.cast();
    // SAFETY: SQLite calls this with the context given above, a connection in use; its name lives as long as it does.
    let file = unsafe {
        let name = ffi::sqlite3_db_filename(db, c"main".as_ptr());
        if name.is_null() {
            return 0;
        }
        CStr::from_ptr(name).to_string_lossy().into_owned()
    };
    let mut plans = PLANS.lock().unwrap();
    let here = |plan: &&mut Plan| !plan.came && Path::new(&file) == plan.folder.join("auction.db");
    let Some(plan) = plans.iter_mut().find(here) else { return 0 };
    match &plan.trouble {
        Trouble::Fail { .. } if event != ffi::SQLITE_TRACE_STMT => return 0,
        _ if plan.left > 0 => {
            plan.left -= 1;
            return 0;
        }
        Trouble::Copy { to, .. } => copy(&plan.folder, to),
        // SAFETY: the connection is in use by this very thread.
        Trouble::Fail { .. } => unsafe { ffi::sqlite3_interrupt(db) },
    }
    if let Some(noted) = &plan.noted {
        noted();
    }
    plan.came = true;
    0
}
