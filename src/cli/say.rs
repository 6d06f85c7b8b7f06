//! Words on standard output and standard error. The macros of the standard library panic where nobody reads on or the disk is
//! full; here a result that can't be written is a fault like any other, and a remark that can't be is left out.

/// A line of the result.
macro_rules! say {
    () => {
        say!("")
    };
    ($($words:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stdout().lock(), format_args!("{}\n", format_args!($($words)*)))
    };
}

/// Text of the result as it is.
macro_rules! say_part {
    ($($words:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stdout().lock(), format_args!($($words)*))
    };
}

/// A line beside the result.
macro_rules! tell {
    () => {
        tell!("")
    };
    ($($words:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut std::io::stderr().lock(), format_args!("{}\n", format_args!($($words)*)));
    }};
}
