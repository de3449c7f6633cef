
mod assay_report {
    /// Sends back the judge's secret if the test ends as it should.
    pub struct Report {
        secret: String,
        pipe: String,
        panics: bool,
    }

    pub fn begin(panics: bool) -> Report {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        let mut words = line.split_whitespace();
        let secret = words.next().unwrap().to_string();
        let pipe = format!("/proc/self/fd/{}", words.next().unwrap());
        Report { secret, pipe, panics }
    }

    impl Drop for Report {
        fn drop(&mut self) {
            if std::thread::panicking() == self.panics {
                let _ = std::fs::write(&self.pipe, &self.secret);
            }
        }
    }
}
