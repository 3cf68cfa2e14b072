//! The apps of the fleet. Most stand in the bundled pack's inventory; the inventory is not read: devices know nothing of it.

use super::device::Platform;
use super::random::Random;

/// What an app is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Mail,
    Chat,
    Sync,
    Browser,
    Business,
    Tunnel,
    Agent,
    Maps,
    Media,
    Tools,
    Developer,
    Clock,
    Fitness,
}

/// An app.
#[derive(Debug)]
pub struct App {
    /// Its bundle identifier or package name.
    pub id: &'static str,
    pub role: Role,
    /// What it talks to while it is used.
    pub hosts: &'static [&'static str],
    /// Of a hundred devices as many have it.
    share: i64,
}

/// Those of a device.
pub fn of(platform: Platform, is_developer: bool, random: &mut Random) -> Vec<&'static App> {
    let all: &'static [App] = if platform == Platform::Ios { &IOS } else { &ANDROID };
    let has = |app: &&'static App| match app.role {
        Role::Developer => is_developer,
        _ => random.between(1, 100) <= app.share,
    };
    all.iter().filter(has).collect()
}

/// Sites that people read; no list of services has them all.
pub const SITES: [&str; 16] = [
    "www.daily-courier.example",
    "news.harbour-post.example",
    "en.wikipedia.org",
    "shop.lindengrove.example",
    "www.trainline-times.example",
    "forum.homebrewers.example",
    "img.photo-commons.example",
    "www.google.com",
    "cdn.jsdelivr-mirror.example",
    "fonts.gstatic.com",
    "ads.bidhouse.example",
    "t.pixelcount.example",
    "www.city-library.example",
    "recipes.saltandstone.example",
    "stream.radiofive.example",
    "weather.brightsky.example",
];

const fn app(id: &'static str, role: Role, share: i64, hosts: &'static [&'static str]) -> App {
    App { id, role, hosts, share }
}

const MAIL: &[&str] = &["outlook.office365.com", "substrate.office.com"];
const SLACK: &[&str] = &["slack.com", "edgeapi.slack.com", "files.slack.com"];
const TEAMS: &[&str] = &["teams.microsoft.com", "presence.teams.microsoft.com", "eu-api.asm.skype.microsoft.com"];
const WHATSAPP: &[&str] = &["g.whatsapp.net", "mmg.whatsapp.net"];
const ONEDRIVE: &[&str] = &["graph.microsoft.com", "acme-my.sharepoint.com"];
const DROPBOX: &[&str] = &["client.dropbox.com", "content.dropboxapi.com"];
const CRM: &[&str] = &["api.crm.acme.example", "acme.okta.com", "logs.appvitals.example"];
const FIELD: &[&str] = &["field.acme.example", "tiles.mapgrid.example", "logs.appvitals.example"];
const EXPENSES: &[&str] = &["expenses.acme.example", "logs.appvitals.example"];
const WORKDAY: &[&str] = &["wd5.myworkday.com", "cdn.workdaycdn.example"];
const MAPS: &[&str] = &["maps.googleapis.com", "clients4.google.com"];
const SPOTIFY: &[&str] = &["spclient.wg.spotify.com", "apresolve.spotify.com"];
const YOUTUBE: &[&str] = &["www.youtube.com", "rr3---sn.googlevideo.com"];
const AGENT: &[&str] = &["mdm.corp.example"];
const TUNNEL: &[&str] = &["vpn-eu.corp.example"];

static IOS: [App; 19] = [
    app("com.microsoft.Office.Outlook", Role::Mail, 100, MAIL),
    app("com.tinyspeck.chatlyio", Role::Chat, 70, SLACK),
    app("com.microsoft.skype.teams", Role::Chat, 60, TEAMS),
    app("net.whatsapp.WhatsApp", Role::Chat, 60, WHATSAPP),
    app("com.apple.mobilesafari", Role::Browser, 100, &SITES),
    app("com.microsoft.skydrive", Role::Sync, 60, ONEDRIVE),
    app("com.getdropbox.Dropbox", Role::Sync, 30, DROPBOX),
    app("com.acme.crm", Role::Business, 60, CRM),
    app("com.acme.fieldservice", Role::Business, 30, FIELD),
    app("com.acme.expenses", Role::Business, 70, EXPENSES),
    app("com.workday.workdayapp", Role::Business, 60, WORKDAY),
    app("com.google.Maps", Role::Maps, 70, MAPS),
    app("com.spotify.client", Role::Media, 50, SPOTIFY),
    app("com.google.ios.youtube", Role::Media, 40, YOUTUBE),
    app("com.cisco.anyconnect", Role::Tunnel, 50, TUNNEL),
    app("com.acme.deviceagent", Role::Agent, 100, AGENT),
    app("com.brightsky.weather", Role::Tools, 40, &["api.brightsky.example"]),
    app("com.acme.buildprobe", Role::Developer, 100, &["build.corp.example"]),
    app("com.apple.TestFlight", Role::Developer, 100, &["testflight.apple.com"]),
];

static ANDROID: [App; 19] = [
    app("com.microsoft.office.outlook", Role::Mail, 100, MAIL),
    app("com.Slack", Role::Chat, 70, SLACK),
    app("com.microsoft.teams", Role::Chat, 60, TEAMS),
    app("com.whatsapp", Role::Chat, 60, WHATSAPP),
    app("com.android.chrome", Role::Browser, 100, &SITES),
    app("com.dropbox.android", Role::Sync, 60, DROPBOX),
    app("com.box.android", Role::Sync, 30, &["upload.app.box.com", "api.box.com"]),
    app("com.acme.crm", Role::Business, 60, CRM),
    app("com.acme.warehouse", Role::Business, 50, &["stock.acme.example", "logs.appvitals.example"]),
    app("com.acme.fieldservice", Role::Business, 40, FIELD),
    app("com.google.android.apps.maps", Role::Maps, 80, MAPS),
    app("com.spotify.music", Role::Media, 50, SPOTIFY),
    app("com.cisco.anyconnect", Role::Tunnel, 50, TUNNEL),
    app("com.acme.deviceagent", Role::Agent, 100, AGENT),
    app("com.google.android.deskclock", Role::Clock, 90, &[]),
    app("com.stridecount.fitness", Role::Fitness, 40, &["api.stridecount.example"]),
    app("com.example.scanner", Role::Tools, 30, &["cfg.qrscanner.example", "ads.bidhouse.example"]),
    app("com.example.flashlight", Role::Tools, 30, &["ads.bidhouse.example"]),
    app("com.acme.buildprobe", Role::Developer, 100, &["build.corp.example"]),
];
