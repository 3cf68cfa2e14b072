//! Events of a phone fleet, made up but plausible: what devices report, how often, how long a line is.
//!
//! The same numbers always give the same lines.

use std::io::{self, Write};

/// What is made.
#[derive(Debug, Clone, Copy)]
pub struct Fleet {
    /// How many events.
    pub events: u64,
    /// Of how many devices.
    pub devices: u64,
    /// Milliseconds between two events of the fleet, on average.
    pub gap: u64,
    /// Where the chain of random numbers begins.
    pub seed: u64,
}

/// 2026-03-01T00:00:00Z in milliseconds.
const START: u64 = 1_772_323_200_000;
/// Of iOS devices; most of them are in the bundled pack's inventory.
const IOS_APPS: [&str; 10] = [
    "com.acme.crm",
    "com.acme.fieldservice",
    "com.acme.expenses",
    "com.workday.workdayapp",
    "com.apple.mobilesafari",
    "com.microsoft.Office.Outlook",
    "com.tinyspeck.chatlyio",
    "com.google.Maps",
    "com.spotify.client",
    "org.example.notes",
];
/// Of Android devices.
const ANDROID_APPS: [&str; 10] = [
    "com.acme.crm",
    "com.acme.fieldservice",
    "com.acme.warehouse",
    "com.android.chrome",
    "com.microsoft.office.outlook",
    "com.Slack",
    "com.google.android.apps.maps",
    "com.spotify.music",
    "com.example.flashlight",
    "org.example.notes",
];
const HOSTS: [&str; 8] = [
    "api.crm.acme.example",
    "gateway.push.apple.com",
    "cdn.images.example.net",
    "sync.notes.example.org",
    "mtalk.google.com",
    "edge.chat.acme.example",
    "telemetry.vendor.example",
    "x.c2.example",
];
const PROTOCOLS: [(&str, u32); 6] =
    [("tls", 443), ("tls", 443), ("http", 80), ("quic", 443), ("websocket", 443), ("dns", 53)];

impl Fleet {
    /// Writes the events as JSON lines, in the order of time.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut random = Random(self.seed);
        let mut time = START;
        for number in 0..self.events {
            time += random.below(2 * self.gap + 1);
            self.event(number, time, &mut random, out)?;
        }
        Ok(())
    }

    fn event(&self, number: u64, time: u64, random: &mut Random, out: &mut impl Write) -> io::Result<()> {
        let device = random.below(self.devices);
        let (platform, version) = if device % 5 < 3 { ("ios", "18.3.1") } else { ("android", "15") };
        // A device has five of its platform's apps, and uses some of them more than others.
        let app = (device + random.below(5).min(random.below(5))) as usize;
        let app = if platform == "ios" { IOS_APPS.get(app % 10) } else { ANDROID_APPS.get(app % 10) }.unwrap_or(&"");
        let source = Source::of(random.below(1000), platform == "ios");
        write!(
            out,
            r#"{{"source":"{}","time":{time},"event.seq":{number},"device.id":"device-{device:05}","device.platform":"{platform}","device.os_version":"{version}","device.supervised":{},"user.id":"user-{:05}","#,
            source.name(),
            !device.is_multiple_of(4),
            device / 2,
        )?;
        source.write(app, platform == "ios", time, random, out)?;
        // What agents add and no rule reads.
        writeln!(out, r#""agent":{{"version":"4.12.{}","queue":{}}}}}"#, device % 7, random.below(50))
    }
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Network,
    Interaction,
    DeviceState,
    Lifecycle,
    FileWrite,
    ApiCall,
    JobEvent,
    Timer,
    Service,
    WakeLock,
    Push,
}

impl Source {
    /// By shares of a thousand.
    fn of(share: u64, is_ios: bool) -> Source {
        match share {
            // What only Android's sensors see; iOS shows its scheduler's calls and jobs instead.
            960..980 if is_ios => Source::JobEvent,
            980..990 if is_ios => Source::ApiCall,
            0..450 => Source::Network,
            450..640 => Source::Interaction,
            640..760 => Source::DeviceState,
            760..890 => Source::Lifecycle,
            890..930 => Source::FileWrite,
            930..950 => Source::ApiCall,
            950..960 => Source::JobEvent,
            960..970 => Source::Timer,
            970..980 => Source::Service,
            980..990 => Source::WakeLock,
            _ => Source::Push,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Source::Network => "mobile.network_session",
            Source::Interaction => "mobile.user_interaction",
            Source::DeviceState => "mobile.device_state",
            Source::Lifecycle => "mobile.app_lifecycle",
            Source::FileWrite => "mobile.file_write",
            Source::ApiCall => "mobile.api_call",
            Source::JobEvent => "mobile.job_event",
            Source::Timer => "mobile.timer_event",
            Source::Service => "mobile.service_start",
            Source::WakeLock => "mobile.wake_lock",
            Source::Push => "mobile.push_notification",
        }
    }

    fn write(self, app: &str, is_ios: bool, time: u64, random: &mut Random, out: &mut impl Write) -> io::Result<()> {
        let id = random.next();
        match self {
            Source::Network => network(app, time, random, out),
            Source::Interaction => write!(
                out,
                r#""interaction.kind":"{}","app.bundle_id":"{app}","view":{{"name":"MainViewController/{}","path":"/tabs/{}/detail/{id:016x}"}},"pressure":0.{},"#,
                random.of(&["touch", "touch", "touch", "key", "biometric"]),
                random.below(40),
                random.below(9),
                random.below(1000)
            ),
            Source::DeviceState => write!(
                out,
                r#""device.locked":{},"device.screen":"{}","device.charging":{},"device.network":"{}","device.low_power":false,"device.battery":{},"thermal":"nominal","carrier":"Example Mobile 5G","#,
                random.below(2) == 0,
                random.of(&["on", "off"]),
                random.below(3) == 0,
                random.of(&["wifi", "cellular"]),
                random.below(100)
            ),
            Source::Lifecycle => write!(
                out,
                r#""app.bundle_id":"{app}","app.state":"{}","app.version":"7.{}.2","process":{{"pid":{},"launch":"user","memory":{}}},"reason":"scene transition requested by the system","#,
                random.of(&["foreground", "foreground", "background", "background_refresh"]),
                random.below(20),
                random.below(9999),
                random.next() >> 40
            ),
            Source::FileWrite => write!(
                out,
                r#""app.bundle_id":"{app}","file.path":"/private/var/mobile/Containers/Data/Application/{id:016x}/{}/store-{}.db","file.bytes":{},"file.operation":"modified","#,
                random.of(&["Library/Caches", "Library/Caches", "Library/Caches", "Documents"]),
                random.below(1000),
                random.below(1 << 20)
            ),
            Source::ApiCall => write!(
                out,
                r#""app.bundle_id":"{app}","api.name":"{}","scheduler.kind":"{}","job.id":"{app}.refresh","schedule.repeats":false,"schedule.interval":{},"stack":"0x{id:016x} 0x{:016x}","#,
                if is_ios { "BGTaskScheduler.submit" } else { "WorkManager.enqueue" },
                if is_ios { "bg_task_scheduler" } else { "work_manager" },
                random.below(86_400_000),
                random.next()
            ),
            Source::JobEvent => write!(
                out,
                r#""app.bundle_id":"{app}","job.action":"{}","scheduler.kind":"{}","job.id":"{id:016x}","schedule.repeats":true,"#,
                random.of(&["created", "executed", "finished", "cancelled"]),
                if is_ios { "bg_task_scheduler" } else { "work_manager" }
            ),
            Source::Timer => write!(
                out,
                r#""app.bundle_id":"{app}","timer.kind":"{}","timer.id":"{id:016x}","timer.interval":{},"#,
                random.of(&["alarm", "alarm", "handler", "react_native"]),
                random.below(3_600_000)
            ),
            Source::Service => write!(
                out,
                r#""app.bundle_id":"{app}","service.foreground":{},"service.name":"SyncService{}","service.types":["dataSync"],"#,
                random.below(2) == 0,
                random.below(5)
            ),
            Source::WakeLock => write!(
                out,
                r#""app.bundle_id":"{app}","wake_lock.action":"acquired","wake_lock.kind":"partial","wake_lock.tag":"*job*/{app}/{id:x}","#
            ),
            Source::Push => write!(
                out,
                r#""app.bundle_id":"{app}","push.kind":"background","push.priority":"high","push.topic":"{app}.voip","#
            ),
        }
    }
}

fn network(app: &str, time: u64, random: &mut Random, out: &mut impl Write) -> io::Result<()> {
    let host = random.of(&HOSTS);
    let (protocol, usual) = random.of(&PROTOCOLS);
    // One session in a hundred speaks on a port that nobody approved.
    let port = if random.below(100) == 0 { 8443 } else { usual };
    let duration = random.below(120_000);
    write!(
        out,
        r#""network.direction":"outbound","app.bundle_id":"{app}","app.version":"7.{}.2","network.transport":"tcp","network.protocol":"{protocol}","network.interface":"wifi","destination.domain":"{host}","destination.ip":"198.51.100.{}","destination.port":{port},"tls.server_name":"{host}","network.bytes_out":{},"network.bytes_in":{},"session.id":"{:016x}","session.start":{},"session.duration":{duration},"#,
        random.below(20),
        random.below(256),
        random.below(1 << 16),
        random.below(1 << 20),
        random.next(),
        time.saturating_sub(duration)
    )
}

/// The generator of Steele, Lea and Flood ("splitmix64"), which needs no more than this.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let Some(first) = all.first() else { std::process::exit(2) };
        *all.get(self.below(all.len() as u64) as usize).unwrap_or(first)
    }
}
