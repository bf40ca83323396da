//! Things one can touch: laptops, screens, printers, telephones.

use super::{ONE, SHARED, STUCK, Team, Topic};

pub(super) const TOPICS: &[Topic] = &[
    Topic {
        category: "Printers",
        subcategory: "Printing",
        item: "Does not print",
        team: Team::Printing,
        template: "Printer problem",
        share: 70,
        weight: ONE,
        troubles: &[
            [
                "{printer} does not print",
                "Whatever I send to {printer} never comes out.",
                "A damaged job blocked the queue of {printer}. It was removed, the spooler on {host} restarted, and printing works.",
            ],
            [
                "Print jobs hang in the queue of {printer}",
                "Documents stay in the queue of {printer} with the status error.",
                "The spooler on {host} was restarted and {count} stuck jobs removed.",
            ],
            [
                "Printer on floor {floor} offline",
                "The printer {printer} on floor {floor} is shown as offline for everybody in {dept}.",
                "{printer} had lost its address. It has a reservation for {ip} now.",
            ],
            [
                "Black stripe on every page from {printer}",
                "Since the new toner was put in, every page from {printer} has a black stripe.",
                "The drum of {printer} was changed by our technician. The stripe is gone.",
            ],
            [
                "Cannot print from {app}",
                "Documents from {app} are not printed, from Word it works.",
                "The driver was replaced by version {version}; {app} prints again.",
            ],
            [
                "{printer} prints only half of the page",
                "Pages are cut off on the right when I print delivery notes on {printer}.",
                "The paper size of the driver was wrong. With version {version} whole pages are printed.",
            ],
            [
                "Labels come out crooked on {printer}",
                "The labels come out of {printer} crooked and cannot be scanned.",
                "The rollers of {printer} were cleaned and the label guide was adjusted.",
            ],
        ],
        details: &[
            "I have switched it off and on again, without success.",
            "Its display shows error {error}.",
            "Other printers work.",
            "{user} can print to the same device.",
            "We need {count} labels before the lorry leaves.",
        ],
        findings: &[
            "Print spooler on {host} restarted, {count} jobs were stuck.",
            "{printer} answers ping at {ip}, but not on port 9100.",
            "Driver version {version} on {asset}, the server offers a newer one.",
            "Paper sensor of tray 2 is dirty.",
        ],
        tasks: &["Clean the rollers of {printer}", "Order a drum for {printer}", "Roll out driver {version}"],
    },
    Topic {
        category: "Printers",
        subcategory: "Supplies",
        item: "Toner",
        team: Team::OnSite,
        template: "Printer problem",
        share: 32,
        weight: ONE,
        troubles: &[
            [
                "Toner low on {printer}",
                "{printer} says that the black toner will be empty soon.",
                "Toner was changed and two spare cartridges were put into the cupboard.",
            ],
            [
                "Cupboard on floor {floor} has no toner",
                "The cupboard on floor {floor} has no toner left.",
                "The cupboard on floor {floor} was filled up.",
            ],
            [
                "Waste toner box full, {printer}",
                "{printer} asks for a new waste toner box.",
                "The waste toner box was replaced.",
            ],
            [
                "{printer} needs a paper tray",
                "Tray 2 of {printer} is broken and does not close.",
                "A new tray was fitted to {printer}.",
            ],
            [
                "Staples for the copier on floor {floor}",
                "The copier on floor {floor} has no staples.",
                "Staples were brought.",
            ],
        ],
        details: &[
            "The page counter is at {number}.",
            "It is the one beside the kitchen.",
            "Colour is still at {count} percent.",
        ],
        findings: &[
            "Stock in {city}: {count} cartridges.",
            "Tray ordered from the manufacturer.",
            "Supplier delivers the day after tomorrow.",
        ],
        tasks: &["Take toner to floor {floor}", "Order supplies for {city}"],
    },
    Topic {
        category: "Desktop Hardware",
        subcategory: "Laptop",
        item: "Does not start",
        team: Team::OnSite,
        template: "",
        share: 42,
        weight: STUCK,
        troubles: &[
            [
                "{asset} does not start",
                "My laptop {asset} stays black, only the light of the keyboard is on.",
                "A memory module of {asset} was replaced under warranty, the test ran over night without errors.",
            ],
            [
                "{asset} restarts every few minutes",
                "Since the update of last night {asset} restarts every few minutes.",
                "BIOS updated to {version}; no restart in two days.",
            ],
            [
                "Blue screen on {asset}: {error}",
                "I get a blue screen with {error} as soon as I open {app}.",
                "The graphics driver was replaced by version {version}; no blue screen since.",
            ],
            [
                "Laptop very slow since this morning",
                "Everything is slow; opening a mail takes a minute.",
                "The disk of {asset} was full of old profiles. {count} GB were freed and it is fast again.",
            ],
            [
                "Battery of {asset} lasts twenty minutes",
                "The battery of {asset} is empty after twenty minutes although it was charged over night.",
                "The battery was replaced.",
            ],
            [
                "{asset} overheats and switches off",
                "The fan is loud all day, the case becomes hot, and then {asset} switches off.",
                "The fan was cleaned and the thermal paste renewed. Temperatures are normal.",
            ],
            [
                "Coffee over {asset}",
                "I spilt coffee over {asset}. It is off and dry now, but does not start.",
                "{asset} is beyond repair. {first} received a replacement with all data restored.",
            ],
        ],
        details: &[
            "It was dropped once, but that was months ago.",
            "I held the power button for thirty seconds, nothing.",
            "With the power supply of {user} it is the same.",
            "I can come to your desk, I am on floor {floor}.",
            "The disk is nearly full, it says.",
        ],
        findings: &[
            "Hardware test of {asset} reports memory error in slot 2.",
            "Event log shows kernel power events, {count} since Monday.",
            "Battery has {count} percent of its design capacity left.",
            "BIOS is at {version}, the manufacturer advises an update.",
        ],
        tasks: &[
            "Run the hardware test on {asset}",
            "Open a warranty case for {asset}",
            "Prepare a replacement for {asset}",
        ],
    },
    Topic {
        category: "Desktop Hardware",
        subcategory: "Docking station",
        item: "",
        team: Team::OnSite,
        template: "",
        share: 28,
        weight: ONE,
        troubles: &[
            [
                "Second screen not detected",
                "When I put {asset} into the dock only one of two screens shows a picture.",
                "Firmware of the docking station was updated to {version}, both screens are found.",
            ],
            [
                "Docking station loses the network",
                "The docking station drops the network every quarter of an hour.",
                "The docking station was exchanged from stock.",
            ],
            [
                "Monitor flickers",
                "My left monitor flickers, worse in the afternoon.",
                "The display cable was defective and was replaced.",
            ],
            [
                "No picture in meeting room {room}",
                "The screen in meeting room {room} says no signal, whatever we plug in.",
                "The input of the screen in {room} had been switched over; it is labelled now.",
            ],
            [
                "Keyboard types twice",
                "Some keys of my keyboard write the letter twice.",
                "A new keyboard was handed over.",
            ],
        ],
        details: &[
            "With the cable of {user} it is the same.",
            "It began after the move to floor {floor}.",
            "I updated the driver from the catalogue, version {version}.",
            "The cable sits tight.",
        ],
        findings: &[
            "Firmware of the dock is {version}.",
            "Cable swapped for test, picture is stable.",
            "Port on the dock is bent.",
        ],
        tasks: &["Exchange the docking station of {first}", "Check room {room} with facility management"],
    },
    Topic {
        category: "Telephone",
        subcategory: "Desk phone",
        item: "",
        team: Team::Telephony,
        template: "",
        share: 22,
        weight: ONE,
        troubles: &[
            [
                "Extension {ext} has no dial tone",
                "My telephone shows registering and nobody can call {ext}.",
                "The port on {switch} was put into the voice network and the telephone registered again.",
            ],
            [
                "Call forwarding does not work",
                "I set a forwarding to my mobile phone, but calls end in voicemail.",
                "Forwarding was set on the exchange; test call successful.",
            ],
            [
                "Headset: callers do not hear me",
                "Callers hear me only faintly through the headset.",
                "The headset was exchanged.",
            ],
            [
                "Voicemail full",
                "Callers hear that my voicemail is full, although I deleted everything.",
                "The mailbox was emptied on the exchange; new messages are taken.",
            ],
            [
                "Hunt group of {dept} skips extension {ext}",
                "Calls to the hotline of {dept} do not reach me.",
                "Extension {ext} is in the hunt group again.",
            ],
        ],
        details: &[
            "The network socket is number {number}.",
            "It works with the handset.",
            "{user} at the next desk has no problem.",
            "Customers have begun to complain.",
        ],
        findings: &[
            "Phone had fallen into the wrong VLAN, port on {switch}.",
            "Registration of {ext} renewed on {host}.",
            "Headset firmware {version}.",
        ],
        tasks: &["Check the port on {switch}", "Exchange the headset of {first}"],
    },
    Topic {
        category: "Mobile Devices",
        subcategory: "Smartphone",
        item: "",
        team: Team::Desktop,
        template: "",
        share: 24,
        weight: ONE,
        troubles: &[
            [
                "Mail does not synchronise on my phone",
                "Since the update to version {version} my phone gets no mail.",
                "The profile was installed anew, mail arrives within a minute.",
            ],
            [
                "Broken display on company phone",
                "The display of my company phone has a crack and does not react in the lower half.",
                "The display was repaired by our partner.",
            ],
            [
                "Mobile phone not compliant",
                "The management app says that my phone is not compliant.",
                "Encryption was off. After switching it on the phone is compliant.",
            ],
            [
                "Roaming does not work in {city}",
                "I am travelling and have no data connection in {city}.",
                "Roaming was switched on by the provider.",
            ],
            [
                "Lost my company phone",
                "My company phone was stolen this morning.",
                "The device was wiped and locked; a replacement with the same number is on its way.",
            ],
        ],
        details: &[
            "I removed and added the account already.",
            "The number ends in {ext}.",
            "Please wipe it from afar.",
            "Calls work.",
        ],
        findings: &[
            "Device record shows last contact {count} days ago.",
            "Encryption was off, therefore not compliant.",
            "Roaming option was missing in the contract.",
        ],
        tasks: &["Wipe the lost device", "Order a replacement SIM", "Send the phone for repair"],
    },
    Topic {
        category: "Hardware",
        subcategory: "Scanner",
        item: "",
        team: Team::OnSite,
        template: "",
        share: 16,
        weight: SHARED,
        troubles: &[
            [
                "Handheld scanners lose the network in the warehouse",
                "Three handheld scanners in the warehouse have lost the wireless network.",
                "New certificates were rolled out to all scanners.",
            ],
            [
                "Barcode reader beeps but sends nothing",
                "The barcode reader beeps, but no number appears in {app}.",
                "The reader was reset to factory settings with the setup sheet.",
            ],
            [
                "Label station {host} frozen",
                "The label station has shown an hourglass for an hour.",
                "The service on {host} was restarted and now starts by itself.",
            ],
            [
                "Scale does not talk to {app}",
                "The scale's weight does not reach {app} and we type it by hand.",
                "The serial adapter of the scale was replaced; weights arrive in {app}.",
            ],
        ],
        details: &[
            "It is the station at gate {count}.",
            "We restarted the station twice.",
            "The late shift needs it from two o'clock on.",
        ],
        findings: &[
            "Certificate of the scanners expired last night.",
            "Serial adapter of the scale replaced for test.",
            "Service on {host} had stopped after an update.",
        ],
        tasks: &["Renew the scanners' certificates", "Replace the adapter at gate {count}"],
    },
];
