//! SQLite's way to the disk with one thing put in: each page of the main file is written with its sum, and checked as it is read.
//!
//! A shim as sqlite.org/vfs.html (2.1) describes them. SQLite leaves the last bytes of a page to whoever reserves them; the sum stands
//! there, in the form of SQLite's own checksum VFS. In memory and in the log a mark ([`Seal`]) stands in its place: other programs
//! write pages of the log back as they find them, and a page that was read damaged is never given a sum that says it is whole.
//! Reading goes on past damage, so that what is not hit can be read; [`super::pages`] says where it is.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::path::Path;
use std::sync::OnceLock;

use rusqlite::{Connection, OpenFlags, ffi};

use super::StoreError;
use super::pages::{HEADER, RESERVED, Seal, summed_page_size};

const NAME: &CStr = c"gongkai";

/// What is known of an open file, behind what the system's VFS keeps of it. SQLite calls what `methods` holds.
#[repr(C)]
struct Sealed {
    methods: ffi::sqlite3_io_methods,
    read: unsafe extern "C" fn(*mut ffi::sqlite3_file, *mut c_void, c_int, ffi::sqlite3_int64) -> c_int,
    write: unsafe extern "C" fn(*mut ffi::sqlite3_file, *const c_void, c_int, ffi::sqlite3_int64) -> c_int,
    /// Bytes of a page that has a sum; none in a file without sums, or while that is not known.
    page: Cell<Option<usize>>,
}

/// A connection that keeps the sums of a file that has them.
pub fn connect(path: impl AsRef<Path>, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    match REGISTERED.get_or_init(register) {
        true => Connection::open_with_flags_and_vfs(path, flags, NAME),
        // Sums would be left to be wrong.
        false => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CANTOPEN), None)),
    }
}

/// Has the pages of a file leave room for sums where it has none yet.
pub fn keep_sums_if_new(connection: &Connection) -> Result<(), StoreError> {
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    if pages == 0 { keep_sums(connection) } else { Ok(()) }
}

/// Has the pages that are to come, of a new file or by `VACUUM`, leave room for sums.
pub fn keep_sums(connection: &Connection) -> Result<(), StoreError> {
    reserve(connection, RESERVED.into()).map(|_| ())
}

/// Whether the pages of an open file have room for sums; not for a connection that [`keep_sums`] was asked of.
pub fn keeps_sums(connection: &Connection) -> Result<bool, StoreError> {
    // A size that can't be is a question.
    Ok(reserve(connection, -1)? == c_int::from(RESERVED))
}

/// Sets how many bytes at the end of pages are left to the VFS; how many were.
fn reserve(connection: &Connection, mut bytes: c_int) -> Result<c_int, StoreError> {
    // Until the header was read, SQLite knows nothing of the file's own.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    // SAFETY: the handle is open as long as `connection`; this control reads and writes one `int`.
    let code = unsafe {
        let (control, at) = (ffi::SQLITE_FCNTL_RESERVE_BYTES, (&raw mut bytes).cast());
        ffi::sqlite3_file_control(connection.handle(), c"main".as_ptr(), control, at)
    };
    match code {
        ffi::SQLITE_OK => Ok(bytes),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into()),
    }
}

fn register() -> bool {
    // SAFETY: the system's VFS lives as long as the process, and so does ours, which is leaked. Its other methods are the system's;
    // of the VFS they are called on, those look at the longest path alone, which is copied.
    unsafe {
        if ffi::sqlite3_initialize() != ffi::SQLITE_OK {
            return false;
        }
        let system = ffi::sqlite3_vfs_find(std::ptr::null());
        if system.is_null() {
            return false;
        }
        let ours = ffi::sqlite3_vfs {
            szOsFile: c_int::try_from(behind(system) + size_of::<Sealed>()).unwrap_or(c_int::MAX),
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: system.cast(),
            xOpen: Some(open),
            ..*system
        };
        ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 0) == ffi::SQLITE_OK
    }
}

/// Where in an open file's memory [`Sealed`] begins.
unsafe fn behind(system: *const ffi::sqlite3_vfs) -> usize {
    // SAFETY: `system` is a registered VFS.
    usize::try_from(unsafe { (*system).szOsFile }).unwrap_or(0).next_multiple_of(align_of::<Sealed>())
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    granted: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls this with our VFS, whose data is the system's, and with `szOsFile` bytes at `file`, aligned for any struct
    // and its own until the file is closed. Methods of an open file are a table that lives on.
    unsafe {
        let system: *mut ffi::sqlite3_vfs = (*vfs).pAppData.cast();
        let Some(open) = (*system).xOpen else { return ffi::SQLITE_CANTOPEN };
        let code = open(system, name, file, flags, granted);
        if code != ffi::SQLITE_OK || flags & ffi::SQLITE_OPEN_MAIN_DB == 0 || (*file).pMethods.is_null() {
            return code;
        }
        let methods = *(*file).pMethods;
        let (Some(of_read), Some(of_write)) = (methods.xRead, methods.xWrite) else { return code };
        let sealed: *mut Sealed = file.cast::<u8>().add(behind(system)).cast();
        let methods = ffi::sqlite3_io_methods { xRead: Some(read), xWrite: Some(write), ..methods };
        sealed.write(Sealed { methods, read: of_read, write: of_write, page: Cell::new(None) });
        (*file).pMethods = &raw const (*sealed).methods;
        code
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    data: *mut c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: `open` made these methods the first field of a `Sealed`. One thread at a time uses an open file, and `data` has room for
    // `length` bytes, all of which are there where reading succeeds.
    unsafe {
        let sealed = &*(*file).pMethods.cast::<Sealed>();
        let code = (sealed.read)(file, data, length, offset);
        if code == ffi::SQLITE_OK {
            let read = std::slice::from_raw_parts_mut(data.cast::<u8>(), usize::try_from(length).unwrap_or(0));
            sealed.look_at_header(read, offset);
            if sealed.is_page(read, offset) {
                Seal::checked(read).put(read);
            }
        }
        code
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    data: *const c_void,
    length: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: as in `read`; `data` are `length` bytes of SQLite's page memory, whose reserved end is left to the VFS to write.
    unsafe {
        let sealed = &*(*file).pMethods.cast::<Sealed>();
        let written = std::slice::from_raw_parts(data.cast::<u8>(), usize::try_from(length).unwrap_or(0));
        if !sealed.look_at_header(written, offset) && sealed.page.get().is_none() {
            let mut header = [0u8; HEADER];
            if (sealed.read)(file, header.as_mut_ptr().cast(), HEADER as c_int, 0) == ffi::SQLITE_OK {
                sealed.look_at_header(&header, 0);
            }
        }
        if !sealed.is_page(written, offset) {
            return (sealed.write)(file, data, length, offset);
        }
        let page = std::slice::from_raw_parts_mut(data.cast_mut().cast::<u8>(), written.len());
        let seal = Seal::of(page);
        seal.as_written(page).put(page);
        let code = (sealed.write)(file, data, length, offset);
        // It may stay in memory, and go to the log from there.
        seal.in_memory().put(page);
        code
    }
}

impl Sealed {
    /// Whether these bytes are the file's header, which tells of its pages.
    fn look_at_header(&self, bytes: &[u8], offset: ffi::sqlite3_int64) -> bool {
        let is_header = offset == 0 && bytes.len() >= HEADER;
        if is_header {
            self.page.set(summed_page_size(bytes));
        }
        is_header
    }

    fn is_page(&self, bytes: &[u8], offset: ffi::sqlite3_int64) -> bool {
        // Parts of overflow pages are read on their own (SQLITE_IOCAP_SUBPAGE_READ), and end before the sum.
        self.page.get() == Some(bytes.len()) && offset % bytes.len() as ffi::sqlite3_int64 == 0
    }
}
